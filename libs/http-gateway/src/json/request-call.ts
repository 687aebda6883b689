import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallContext, CallMetadata } from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** Headers with this prefix become metadata without it, as in grpc-gateway. */
const METADATA_PREFIX = 'grpc-metadata-';
/** Tells a handler that the call came this way. */
const MARK = 'grpcgateway-accept';

/** The call that an HTTP request is. */
export function requestCall(
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
): CallContext {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(canceled());
  });
  return callOf(method, request, gone.signal, request.headers.authorization);
}

/**
 * Who calls is said by `authorization` alone: the certificate of the connection is not passed on
 * (CVE-2018-16886).
 */
export function callOf(
  method: string,
  request: IncomingMessage,
  signal: AbortSignal,
  authorization: string | undefined,
): CallContext {
  const { remoteAddress, remotePort } = request.socket;
  return {
    method,
    metadata: metadataOf(request, authorization),
    deadlineMs: undefined,
    signal,
    peer: remoteAddress === undefined ? '@' : `${remoteAddress}:${remotePort ?? 0}`,
  };
}

export const canceled = (): EtcdError =>
  new EtcdError({ code: GrpcStatus.Canceled, message: 'context canceled' });

function metadataOf({ headers }: IncomingMessage, authorization: string | undefined): CallMetadata {
  return {
    get(name) {
      if (name === 'authorization') return authorization;
      if (name === MARK) return headers.accept ?? '';
      const value = headers[METADATA_PREFIX + name];
      return Array.isArray(value) ? value[0] : value;
    },
    getBinary: () => undefined,
  };
}
