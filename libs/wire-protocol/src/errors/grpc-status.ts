/** gRPC's status codes (grpc/doc/statuscodes.md). Names as Go prints them, which metrics use too. */
export const GrpcStatus = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

export type GrpcStatusName = keyof typeof GrpcStatus;
export type GrpcCode = (typeof GrpcStatus)[GrpcStatusName];

/** The 17 names, at the index of their code. */
export const GRPC_STATUS_NAMES: readonly GrpcStatusName[] = Object.freeze(
  (Object.keys(GrpcStatus) as GrpcStatusName[]).sort((a, b) => GrpcStatus[a] - GrpcStatus[b]),
);

/** "Unknown" for a number that is no gRPC code, as a receiver must treat it. */
export function grpcStatusName(code: number): GrpcStatusName {
  return GRPC_STATUS_NAMES[code] ?? 'Unknown';
}
