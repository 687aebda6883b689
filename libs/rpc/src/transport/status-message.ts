import type { GrpcCode } from '@etcd-ts/wire-protocol';

/** How a call ends. */
export interface CallStatus {
  readonly code: GrpcCode;
  readonly message: string;
}

/**
 * grpc-message: UTF-8, with everything but printable ASCII and the percent sign itself as %XX
 * (gRPC over HTTP/2, "Status-Message").
 */
export function encodeStatusMessage(message: string): string {
  if (PLAIN.test(message)) return message;
  let encoded = '';
  for (const byte of Buffer.from(message, 'utf8')) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== PERCENT
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

const PLAIN = /^[\x20-\x24\x26-\x7e]*$/u;
const PERCENT = 0x25;
