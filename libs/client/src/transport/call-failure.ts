import type { GrpcCode } from '@etcd-ts/wire-protocol';
import { EtcdError, GRPC_STATUS_NAMES, GrpcStatus } from '@etcd-ts/wire-protocol';

/**
 * The connection failed, not the request. `mayHaveArrived` tells what a retry could do twice: false
 * only when the server cannot have begun with the request, whatever it is.
 */
export class ConnectionError extends EtcdError {
  readonly mayHaveArrived: boolean;

  constructor(message: string, mayHaveArrived: boolean, options?: ErrorOptions) {
    super({ code: GrpcStatus.Unavailable, message });
    this.mayHaveArrived = mayHaveArrived;
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}

/** The client's own deadline passed; the server may still do what it was asked. */
export function deadlineExceeded(): EtcdError {
  return new EtcdError({
    code: GrpcStatus.DeadlineExceeded,
    message: 'context deadline exceeded',
  });
}

/** What HTTP/2 says when it ends a stream, in gRPC's words (gRPC over HTTP2, "Errors"). */
const BY_STREAM_ERROR: Readonly<Record<number, GrpcCode>> = {
  8: GrpcStatus.Canceled,
  11: GrpcStatus.ResourceExhausted,
  12: GrpcStatus.PermissionDenied,
};
const STREAM_ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];
const REFUSED_STREAM = 7;

/** The stream was reset without a gRPC status. */
export function streamReset(code: number): EtcdError {
  const name = STREAM_ERROR_NAMES[code] ?? String(code);
  const message = `stream terminated by RST_STREAM with error code: ${name}`;
  // RFC 9113, 8.7: a refused stream is one the server has done nothing for.
  if (code === REFUSED_STREAM) return new ConnectionError(message, false);
  return new EtcdError({ code: BY_STREAM_ERROR[code] ?? GrpcStatus.Internal, message });
}

const BY_HTTP_STATUS: Readonly<Record<number, GrpcCode>> = {
  400: GrpcStatus.Internal,
  401: GrpcStatus.Unauthenticated,
  403: GrpcStatus.PermissionDenied,
  404: GrpcStatus.Unimplemented,
  429: GrpcStatus.Unavailable,
  502: GrpcStatus.Unavailable,
  503: GrpcStatus.Unavailable,
  504: GrpcStatus.Unavailable,
};

/** An answer that is no gRPC: a proxy's, or another server's altogether. */
export function foreignAnswer(status: number, contentType: string): EtcdError {
  return new EtcdError({
    code: BY_HTTP_STATUS[status] ?? GrpcStatus.Unknown,
    message: `unexpected answer: HTTP status ${status}, content-type ${JSON.stringify(contentType)}`,
  });
}

/** undefined: OK. */
export function statusError(code: string, encodedMessage: string): EtcdError | undefined {
  const number = Number(code);
  if (number === GrpcStatus.OK) return undefined;
  const known = GRPC_STATUS_NAMES[number] === undefined ? GrpcStatus.Unknown : (number as GrpcCode);
  return new EtcdError({ code: known, message: decodeMessage(encodedMessage) });
}

/** gRPC percent-encodes UTF-8; what does not decode is shown as it came. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
