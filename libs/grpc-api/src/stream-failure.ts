import type { EtcdMetrics } from '@etcd-ts/observability';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { GrpcCode } from '@etcd-ts/wire-protocol';

/** What a message that cannot be read ends its stream with. */
const UNREADABLE: ReadonlySet<GrpcCode> = new Set([
  GrpcStatus.Internal,
  GrpcStatus.ResourceExhausted,
  GrpcStatus.Unknown,
]);

/** A stream that ended because it was broken; neither who left it nor who was refused broke it. */
export function countStreamFailure(
  { network }: EtcdMetrics,
  api: 'watch' | 'lease-keepalive',
  error: unknown,
): void {
  const isBroken = !(error instanceof EtcdError) || UNREADABLE.has(error.code);
  if (isBroken) network.serverStreamFailures.with('receive', api).inc();
}

export const isCanceledByClient = (error: unknown): boolean =>
  error instanceof EtcdError && error.code === GrpcStatus.Canceled;
