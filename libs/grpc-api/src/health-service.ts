import { bindService } from '@etcd-ts/rpc';
import type { BoundService, CallContext } from '@etcd-ts/rpc';
import {
  EtcdError,
  GrpcStatus,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
} from '@etcd-ts/wire-protocol';

/** grpc.health.v1: the server as a whole (the empty name) serves for as long as it listens. */
export function healthService(): BoundService {
  const serving = { status: HealthCheckResponse_ServingStatus.SERVING };
  return bindService(HealthDefinition, {
    check: async ({ service }) => {
      if (service !== '') {
        throw new EtcdError({ code: GrpcStatus.NotFound, message: 'unknown service' });
      }
      return serving;
    },
    watch: async ({ service }, call, out) => {
      // An unknown service is no error here: it may be registered later.
      out.write(
        service === '' ? serving : { status: HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN },
      );
      await ended(call);
    },
  });
}

/** Rejects with the reason when the call is over. */
export function ended({ signal }: CallContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
