import { must } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { ServerObserver } from '@etcd-ts/rpc';
import { GRPC_STATUS_NAMES } from '@etcd-ts/wire-protocol';

/**
 * Counts calls into the grpc_server_* metrics, and logs them if that is asked for. Their contents
 * are not logged, as the original does: they are keys, values and passwords.
 */
export function callObserver(
  { grpc, network }: EtcdMetrics,
  logger: Logger | undefined,
): ServerObserver {
  return {
    method: ({ path }) => {
      const metrics = must(grpc.method(path), () => `${path} was not announced to the metrics`);
      return {
        started: () => metrics.started.inc(),
        handled: (code, durationSeconds) => {
          metrics.handled(code);
          metrics.handling?.observe(durationSeconds);
          logger?.info('finished call', {
            'grpc.method': path,
            'grpc.code': GRPC_STATUS_NAMES[code],
            'grpc.time_ms': Math.round(durationSeconds * 1e6) / 1e3,
          });
        },
        messageReceived: (payloadBytes) => {
          metrics.messagesReceived.inc();
          network.clientReceivedBytes.inc(payloadBytes);
        },
        messageSent: (payloadBytes) => {
          metrics.messagesSent.inc();
          network.clientSentBytes.inc(payloadBytes);
        },
      };
    },
  };
}
