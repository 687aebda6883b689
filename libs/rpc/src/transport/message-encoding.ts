import { asBuffer } from '@etcd-ts/foundation';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { GrpcCode } from '@etcd-ts/wire-protocol';
import { constants, gunzip, gzipSync } from 'node:zlib';

/** The flag of a message's prefix. */
const COMPRESSED = 1;
/**
 * A larger answer goes out as it is, which the flag of each message allows: compressing holds up
 * everybody else for about 10 ms a MiB.
 */
const MAX_DEFLATED_BYTES = 256 * 1024;

/** The content of a message, whose refusals have grpc-go's codes and words. */
export function openMessage(
  bytes: Uint8Array,
  flag: number,
  encoding: string,
  maxBytes: number,
): Uint8Array | Promise<Uint8Array> {
  if (flag === 0) return bytes;
  if (flag !== COMPRESSED) {
    throw failure(GrpcStatus.Internal, `grpc: received unexpected payload format ${flag}`);
  }
  if (encoding === '' || encoding === 'identity') {
    throw failure(GrpcStatus.Internal, 'grpc: compressed flag set with identity or empty encoding');
  }
  if (encoding !== 'gzip') {
    const quoted = JSON.stringify(encoding);
    throw failure(
      GrpcStatus.Unimplemented,
      `grpc: Decompressor is not installed for grpc-encoding ${quoted}`,
    );
  }
  return inflate(bytes, maxBytes);
}

/** Off this thread, and never beyond the limit: a kilobyte can become a megabyte. */
function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: maxBytes }, (error, content) => {
      if (error === null) resolve(content);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        const message = `grpc: received message after decompression larger than max ${maxBytes}`;
        reject(failure(GrpcStatus.ResourceExhausted, message));
      } else {
        const message = `grpc: failed to decompress the received message: ${error.message}`;
        reject(failure(GrpcStatus.Internal, message));
      }
    });
  });
}

/** Undefined if it is better sent as it is. */
export function deflateMessage(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 0 || bytes.length > MAX_DEFLATED_BYTES) return undefined;
  return gzipSync(asBuffer(bytes), { level: constants.Z_BEST_SPEED });
}

function failure(code: GrpcCode, message: string): EtcdError {
  return new EtcdError({ code, message });
}
