import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { GrpcCode } from '@etcd-ts/wire-protocol';

/** Of gRPC's codes, as grpc-gateway maps them. */
const HTTP_STATUS: Readonly<Record<GrpcCode, number>> = {
  [GrpcStatus.OK]: 200,
  [GrpcStatus.Canceled]: 499,
  [GrpcStatus.Unknown]: 500,
  [GrpcStatus.InvalidArgument]: 400,
  [GrpcStatus.DeadlineExceeded]: 504,
  [GrpcStatus.NotFound]: 404,
  [GrpcStatus.AlreadyExists]: 409,
  [GrpcStatus.PermissionDenied]: 403,
  [GrpcStatus.ResourceExhausted]: 429,
  // Not 412: that is about conditions in headers.
  [GrpcStatus.FailedPrecondition]: 400,
  [GrpcStatus.Aborted]: 409,
  [GrpcStatus.OutOfRange]: 400,
  [GrpcStatus.Unimplemented]: 501,
  [GrpcStatus.Internal]: 500,
  [GrpcStatus.Unavailable]: 503,
  [GrpcStatus.DataLoss]: 500,
  [GrpcStatus.Unauthenticated]: 401,
};

export const httpStatusOf = ({ code }: EtcdError): number => HTTP_STATUS[code];

/** google.rpc.Status. */
export const statusJson = ({ code, message }: EtcdError): object => ({
  code,
  message,
  details: [],
});

/** What a handler threw: gRPC's status Unknown for anything without one. */
export function asEtcdError(error: unknown): EtcdError {
  if (error instanceof EtcdError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EtcdError({ code: GrpcStatus.Unknown, message });
}
