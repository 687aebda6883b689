import { LeaseId } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { SnapshotContent } from '@etcd-ts/peer-transport';
import type { Message } from '@etcd-ts/raft';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { Member } from '../member.js';
import type { PeerCalls, PeerNetwork, PeerNetworkParts, Peers } from '../peers/network.js';
import { SERVER_VERSION } from '../version.js';

interface Station {
  readonly url: string;
  readonly parts: PeerNetworkParts;
  readonly sinceMs: number;
  member: Member | undefined;
}

/**
 * Members in one process that hear each other without sockets: each message a turn of the event
 * loop later, in order, unless a member is cut off. Members are found by their peer URLs.
 */
export class MemberNetwork {
  readonly #stations = new Map<string, Station>();
  readonly #cutOff = new Set<string>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How the member with this peer URL reaches the others. */
  peersOf(url: string): Peers {
    return { connect: (parts) => this.#connect(url, parts), calls: this.#calls(url) };
  }

  /** Once it is open it can be asked, too. */
  serve(url: string, member: Member): void {
    const station = this.#stations.get(url);
    if (station !== undefined) station.member = member;
  }

  cutOff(url: string): void {
    this.#cutOff.add(url);
  }

  heal(): void {
    this.#cutOff.clear();
  }

  #reachable(from: string, to: string): Station | undefined {
    if (this.#cutOff.has(from) || this.#cutOff.has(to)) return undefined;
    return this.#stations.get(to);
  }

  #connect(url: string, parts: PeerNetworkParts): PeerNetwork {
    const peers = new Map<MemberId, readonly string[]>();
    const remotes = new Map<MemberId, readonly string[]>();
    const station: Station = { url, parts, sinceMs: this.#nowMs(), member: undefined };
    this.#stations.set(url, station);
    const urlOf = (id: MemberId): string | undefined => (peers.get(id) ?? remotes.get(id))?.[0];
    const stationOf = (id: MemberId): Station | undefined => {
      const target = urlOf(id);
      return target === undefined ? undefined : this.#reachable(url, target);
    };
    return {
      addPeer: (id, urls) => void peers.set(id, urls),
      addRemote: (id, urls) => void remotes.set(id, urls),
      removePeer: (id) => void peers.delete(id),
      updatePeer: (id, urls) => void peers.set(id, urls),
      peerIds: () => [...peers.keys()],
      send: (messages) => {
        for (const message of messages) this.#send(station, message, stationOf, remotes);
      },
      activeSince: (id) => (peers.has(id) ? stationOf(id)?.sinceMs : undefined),
      stop: () => {
        if (this.#stations.get(url) === station) this.#stations.delete(url);
      },
    };
  }

  #send(
    from: Station,
    message: Message,
    stationOf: (id: MemberId) => Station | undefined,
    remotes: Map<MemberId, readonly string[]>,
  ): void {
    setImmediate(() => {
      const to = stationOf(message.to);
      if (to === undefined) {
        from.parts.raft.reportUnreachable(message.to);
        if (message.type === 'installSnapshot') {
          from.parts.raft.reportSnapshot(message.to, 'failure');
        }
        return;
      }
      if (to.parts.raft.isRemoved(message.from)) return from.parts.raft.removedFromCluster();
      if (message.type === 'installSnapshot') return void this.#sendSnapshot(from, to, message);
      // Whoever is heard from can be answered, before the log says who it is.
      if (!remotes.has(message.to)) remotes.set(message.to, [to.url]);
      to.parts.raft.receive(message);
    });
  }

  async #sendSnapshot(
    from: Station,
    to: Station,
    message: Extract<Message, { type: 'installSnapshot' }>,
  ): Promise<void> {
    let content: SnapshotContent | undefined;
    try {
      content = await from.parts.snapshotSource.open(message);
      await to.parts.snapshotSink.save(content.message.snapshot.metadata.index, content.chunks);
      to.parts.raft.receive(content.message);
      from.parts.raft.reportSnapshot(message.to, 'finish');
    } catch {
      from.parts.raft.reportSnapshot(message.to, 'failure');
    } finally {
      content?.close();
    }
  }

  #calls(from: string): PeerCalls {
    const ask = async <T>(
      urls: readonly string[],
      question: (member: Member) => Promise<T>,
    ): Promise<T | undefined> => {
      for (const url of urls) {
        const member = this.#reachable(from, url)?.member;
        if (member !== undefined) return question(member);
      }
      return undefined;
    };
    const unlessNotLeader = async <T>(work: Promise<T>): Promise<T | undefined> => {
      try {
        return await work;
      } catch (error) {
        if (error instanceof Error && error.message === ERRORS.NotLeader.message) return undefined;
        throw error;
      }
    };
    return {
      lookup: () => Promise.resolve(undefined),
      cluster: (urls) =>
        ask(urls, ({ server }) =>
          Promise.resolve({
            clusterId: server.facts.header().clusterId,
            members: server.cluster.knownMembers(),
          }),
        ),
      versions: (urls) =>
        ask(urls, ({ server }) =>
          Promise.resolve({ server: SERVER_VERSION, cluster: server.facts.clusterVersion() ?? '' }),
        ),
      promote: (urls, id) =>
        ask(urls, async ({ server }) => {
          await server.cluster.promoteMemberHere(id);
          return true as const;
        }),
      renewLease: (urls, id) =>
        ask(urls, ({ server }) => unlessNotLeader(server.leases.renewHere(LeaseId(id)))),
      leaseTimes: (urls, request) =>
        ask(urls, ({ server }) => unlessNotLeader(server.leases.timeToLiveHere(request))),
      hashKv: (urls, _cluster, revision) =>
        ask(urls, ({ server }) => server.maintenance.hashKv(revision)),
    };
  }
}
