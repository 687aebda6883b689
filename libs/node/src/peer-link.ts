import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import type { ServerConfig } from '@etcd-ts/config';
import { hexId } from '@etcd-ts/foundation';
import type { Clock, Logger, MemberId, Scheduler } from '@etcd-ts/foundation';
import type { NetworkMetrics } from '@etcd-ts/observability';
import { PeerHttpCalls, Transport } from '@etcd-ts/peer-transport';
import type { TransportObserver } from '@etcd-ts/peer-transport';
import type { PeerNetwork, PeerNetworkParts, Peers } from '@etcd-ts/server';

/** For a connection to another member, besides an election timeout (etcd). */
const DIAL_TIMEOUT_MS = 1000;

export interface PeerLinkParts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: NetworkMetrics;
  /** For other members with https URLs. */
  readonly tls: () => ConnectionOptions;
}

/** The other members over HTTP: this member's side of the peer ports, dialling and dialled. */
export class PeerLink implements Peers {
  readonly calls: PeerHttpCalls;
  readonly #parts: PeerLinkParts;
  #transport: Transport | undefined;

  constructor(parts: PeerLinkParts) {
    this.#parts = parts;
    this.calls = new PeerHttpCalls({ logger: parts.logger, tls: parts.tls });
  }

  connect(member: PeerNetworkParts): PeerNetwork {
    const { config, clock, scheduler, logger, metrics, tls } = this.#parts;
    this.#transport = new Transport({
      ...member,
      clock,
      scheduler,
      logger,
      dialTimeoutMs: DIAL_TIMEOUT_MS + config.electionTimeoutMs,
      tls,
      observer: transportObserver(metrics, member.local.id),
    });
    return this.#transport;
  }

  /** Serves a request if it is of the protocol between members. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#transport?.serve(request, response) ?? false;
  }
}

function transportObserver(metrics: NetworkMetrics, localId: MemberId): TransportObserver {
  const local = hexId(localId);
  const nameOf = (from: MemberId | string): string =>
    typeof from === 'string' ? from : hexId(from);
  return {
    sent: (to, bytes) => metrics.peerSentBytes.with(hexId(to)).inc(bytes),
    sendFailed: (to) => metrics.peerSentFailures.with(hexId(to)).inc(),
    received: (from, bytes) => metrics.peerReceivedBytes.with(hexId(from)).inc(bytes),
    receiveFailed: (from) => metrics.peerReceivedFailures.with(nameOf(from)).inc(),
    peerActive: (remote) => {
      metrics.activePeers.with(local, hexId(remote)).set(1);
      metrics.knownPeers.with(local, hexId(remote)).set(1);
    },
    peerInactive: (remote, lost) => {
      metrics.activePeers.with(local, hexId(remote)).set(0);
      if (lost) metrics.disconnectedPeers.with(local, hexId(remote)).inc();
    },
    roundTrip: (to, seconds) => metrics.peerRoundTrip.with(hexId(to)).observe(seconds),
    snapshotSending: (to) => metrics.snapshotSendInflights.with(hexId(to)).inc(),
    snapshotSent: (to, succeeded, seconds) => {
      metrics.snapshotSendInflights.with(hexId(to)).dec();
      if (!succeeded) {
        metrics.snapshotSendFailures.with(hexId(to)).inc();
        return;
      }
      metrics.snapshotSendSuccess.with(hexId(to)).inc();
      metrics.snapshotSend.with(hexId(to)).observe(seconds);
    },
    snapshotReceiving: (from) => metrics.snapshotReceiveInflights.with(hexId(from)).inc(),
    snapshotReceived: (from, succeeded, seconds) => {
      metrics.snapshotReceiveInflights.with(hexId(from)).dec();
      if (!succeeded) {
        metrics.snapshotReceiveFailures.with(hexId(from)).inc();
        return;
      }
      metrics.snapshotReceiveSuccess.with(hexId(from)).inc();
      metrics.snapshotReceive.with(hexId(from)).observe(seconds);
    },
    snapshotRefused: (from) => {
      metrics.snapshotReceiveFailures.with(from === undefined ? 'unknown' : hexId(from)).inc();
    },
  };
}
