import { exponentialBuckets } from './buckets.js';
import type { MetricFactory } from './metric-factory.js';

/** Clients and peers. Label values that name a member are its id in hexadecimal. */
export function networkMetrics(make: MetricFactory) {
  return {
    clientReceivedBytes: make.counter(
      'etcd_network_client_grpc_received_bytes_total',
      'Bytes of the messages received from gRPC clients.',
    ),
    clientSentBytes: make.counter(
      'etcd_network_client_grpc_sent_bytes_total',
      'Bytes of the messages sent to gRPC clients.',
    ),
    serverStreamFailures: make.counters(
      'etcd_network_server_stream_failures_total',
      'Streams of this server that ended badly.',
      ['Type', 'API'],
    ),
    ...peerMetrics(make),
    ...snapshotMetrics(make),
  };
}

export type NetworkMetrics = ReturnType<typeof networkMetrics>;

function peerMetrics(make: MetricFactory) {
  const counters = (name: string, help: string, labels: readonly string[]) =>
    make.counters(`etcd_network_${name}`, help, labels);
  return {
    activePeers: make.gauges('etcd_network_active_peers', 'Connections to peers.', [
      'Local',
      'Remote',
    ]),
    knownPeers: make.gauges('etcd_network_known_peers', 'Peers known.', ['Local', 'Remote']),
    disconnectedPeers: counters('disconnected_peers_total', 'Connections to peers lost.', [
      'Local',
      'Remote',
    ]),
    peerSentBytes: counters('peer_sent_bytes_total', 'Bytes sent to a peer.', ['To']),
    peerReceivedBytes: counters('peer_received_bytes_total', 'Bytes received from a peer.', [
      'From',
    ]),
    peerSentFailures: counters('peer_sent_failures_total', 'Failed sends to a peer.', ['To']),
    peerReceivedFailures: counters(
      'peer_received_failures_total',
      'Failed receptions from a peer.',
      ['From'],
    ),
    peerRoundTrip: make.histograms(
      'etcd_network_peer_round_trip_time_seconds',
      'Time a message to a peer and back takes.',
      ['To'],
      exponentialBuckets(0.0001, 2, 16),
    ),
  };
}

function snapshotMetrics(make: MetricFactory) {
  const bounds = exponentialBuckets(0.1, 2, 10);
  return {
    snapshotSendSuccess: make.counters(
      'etcd_network_snapshot_send_success',
      'Snapshots sent to a peer.',
      ['To'],
    ),
    snapshotSendFailures: make.counters(
      'etcd_network_snapshot_send_failures',
      'Snapshots that could not be sent to a peer.',
      ['To'],
    ),
    snapshotSendInflights: make.gauges(
      'etcd_network_snapshot_send_inflights_total',
      'Snapshots on their way to a peer.',
      ['To'],
    ),
    snapshotSend: make.histograms(
      'etcd_network_snapshot_send_total_duration_seconds',
      'Time the sending of one snapshot takes.',
      ['To'],
      bounds,
    ),
    snapshotReceiveSuccess: make.counters(
      'etcd_network_snapshot_receive_success',
      'Snapshots received from a peer.',
      ['From'],
    ),
    snapshotReceiveFailures: make.counters(
      'etcd_network_snapshot_receive_failures',
      'Snapshots that could not be received from a peer.',
      ['From'],
    ),
    snapshotReceiveInflights: make.gauges(
      'etcd_network_snapshot_receive_inflights_total',
      'Snapshots being received from a peer.',
      ['From'],
    ),
    snapshotReceive: make.histograms(
      'etcd_network_snapshot_receive_total_duration_seconds',
      'Time the reception of one snapshot takes.',
      ['From'],
      bounds,
    ),
  };
}
