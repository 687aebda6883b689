import type { CallOptions as GrpcJsCallOptions } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import { asBuffer } from '@etcd-ts/foundation';
import type { GrpcCode } from '@etcd-ts/wire-protocol';
import { EtcdError, GRPC_STATUS_NAMES, GrpcStatus, toEtcdError } from '@etcd-ts/wire-protocol';
import type { CallOptions } from './service-client.js';

export function callMetadata({ metadata = {} }: CallOptions): Metadata {
  const result = new Metadata();
  for (const [name, value] of Object.entries(metadata)) {
    result.set(name, typeof value === 'string' ? value : asBuffer(value));
  }
  return result;
}

export function callOptions({ timeoutMs }: CallOptions): GrpcJsCallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

interface CancellableCall {
  cancel(): void;
  once(event: 'status', listener: () => void): unknown;
}

export function cancelOn(signal: AbortSignal | undefined, call: CancellableCall): void {
  if (signal === undefined) return;
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  // A signal may live as long as its program: it must not collect ended calls.
  call.once('status', () => signal.removeEventListener('abort', cancel));
}

/** The status a call ended with. */
export function toClientError(error: unknown): EtcdError {
  if (!isStatus(error)) return toEtcdError(error);
  const { code, details } = error;
  return new EtcdError({
    code: isGrpcCode(code) ? code : GrpcStatus.Unknown,
    message: String(details),
  });
}

const isStatus = (error: unknown): error is { code: unknown; details: unknown } =>
  typeof error === 'object' && error !== null && 'code' in error && 'details' in error;

const isGrpcCode = (code: unknown): code is GrpcCode =>
  typeof code === 'number' && GRPC_STATUS_NAMES[code] !== undefined;
