import { must } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { ServerObserver } from '@etcd-ts/rpc';

/** Counts calls and bytes into the grpc_server_* and etcd_network_client_grpc_* metrics. */
export function grpcObserver({ grpc, network }: EtcdMetrics): ServerObserver {
  return {
    method: ({ path }) => {
      const metrics = must(grpc.method(path), () => `${path} was not announced to the metrics`);
      return {
        started: () => metrics.started.inc(),
        handled: (code, durationSeconds) => {
          metrics.handled(code);
          metrics.handling?.observe(durationSeconds);
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
