import type { IncomingMessage, ServerResponse } from 'node:http';
import { assert, hexId, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import { messageTypeName } from './codec/message-mapping.js';
import { MAX_REMOTES } from './limits.js';
import { Peer } from './remote/peer.js';
import { Remote } from './remote/remote.js';
import { dialableUrls } from './remote/url-picker.js';
import type { AttachablePeer, PeerRegistry } from './serving/exchange.js';
import { Exchange } from './serving/exchange.js';
import { raftPath, serveRaftPath } from './serving/routes.js';
import type { RaftPort, TransportOptions } from './transport-options.js';

/**
 * All a member says to the others and hears from them, in etcd's own peer protocol. Messages may be
 * lost, doubled and, between the ways they can take, reordered: raft is made for that. What is lost
 * here is reported to it.
 */
export class Transport implements PeerRegistry {
  readonly #options: TransportOptions;
  readonly #peers = new Map<MemberId, Peer>();
  readonly #remotes = new Map<MemberId, Remote>();
  /** Streams and requests being served, so that stop() leaves none open. */
  readonly #served = new Set<ServerResponse>();
  #stopped = false;

  constructor(options: TransportOptions) {
    this.#options = { ...options, raft: this.#guarded(options.raft) };
  }

  /** A member that stops reports nothing more, and its removal is reported once. */
  #guarded(raft: RaftPort): RaftPort {
    let removed = false;
    return {
      receive: (message) => (this.#stopped ? 'stopped' : raft.receive(message)),
      isRemoved: (id) => raft.isRemoved(id),
      reportUnreachable: (id) => {
        if (!this.#stopped) raft.reportUnreachable(id);
      },
      reportSnapshot: (id, outcome) => {
        if (!this.#stopped) raft.reportSnapshot(id, outcome);
      },
      removedFromCluster: () => {
        if (this.#stopped || removed) return;
        removed = true;
        raft.removedFromCluster();
      },
    };
  }

  /** Does nothing for a member that is a peer already. */
  addPeer(id: MemberId, urls: readonly string[]): void {
    assert(!this.#stopped, () => 'the transport is stopped');
    assert(id !== NO_MEMBER && id !== this.#options.local.id, () => `peer ${hexId(id)}`);
    if (this.#peers.has(id)) return;
    this.#dropRemote(id);
    this.#peers.set(id, new Peer(id, urls, this.#options));
    this.#options.logger.info('added remote peer', this.#fields(id, urls));
  }

  /** A sender that is no member here yet. Kept until it becomes a peer, is removed, or stop(). */
  addRemote(id: MemberId, urls: readonly string[]): void {
    if (this.#stopped || id === NO_MEMBER || id === this.#options.local.id) return;
    if (this.#peers.has(id) || this.#remotes.has(id)) return;
    // The address comes from a request's header, so it may be anything, and any number of them.
    if (this.#remotes.size >= MAX_REMOTES || dialableUrls(urls).length === 0) return;
    this.#remotes.set(id, new Remote(id, urls, this.#options));
    this.#options.logger.info('added new remote peer', this.#fields(id, urls));
  }

  /** What the sockets have taken still goes out; what waits for them is given up. */
  removePeer(id: MemberId): void {
    this.#dropRemote(id);
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    peer.stop();
    this.#options.logger.info('removed remote peer', this.#fields(id));
  }

  #dropRemote(id: MemberId): void {
    this.#remotes.get(id)?.stop();
    this.#remotes.delete(id);
  }

  updatePeer(id: MemberId, urls: readonly string[]): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.updateUrls(urls);
    this.#options.logger.info('updated remote peer', this.#fields(id, urls));
  }

  peerIds(): readonly MemberId[] {
    return [...this.#peers.keys()];
  }

  peer(id: MemberId): AttachablePeer | undefined {
    return this.#peers.get(id);
  }

  /**
   * Sends without waiting, in order per member and way. Messages of one call go out together, so a
   * Ready's messages belong in one call. The messages are shared: nobody may change them any more.
   */
  send(messages: readonly Message[]): void {
    if (this.#stopped) return;
    const touched = new Set<Peer>();
    for (const message of messages) {
      const peer = this.#peers.get(message.to);
      if (peer !== undefined) {
        peer.queue(message);
        touched.add(peer);
      } else {
        this.#sendToRemote(message);
      }
    }
    for (const peer of touched) peer.flush();
  }

  #sendToRemote(message: Message): void {
    const remote = this.#remotes.get(message.to);
    if (remote !== undefined) {
      remote.queue(message);
      return;
    }
    this.#options.logger.debug('ignored message send request; unknown remote peer target', {
      'message-type': messageTypeName(message.type),
      'unknown-target-peer-id': hexId(message.to),
    });
  }

  /** Since when the member is reachable, on the monotonic clock; undefined if it is not. */
  activeSince(id: MemberId): number | undefined {
    return this.#peers.get(id)?.activeSinceMs;
  }

  /**
   * Serves a request of the peer port if it is for the transport, else answers false and leaves it
   * alone. The server must not limit the time of whole requests (Node's requestTimeout): a snapshot
   * may take long, and silence is watched here.
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const path = raftPath(request.url ?? '');
    if (path === undefined) return false;
    if (this.#stopped) {
      response.destroy();
      return true;
    }
    this.#served.add(response);
    response.once('close', () => this.#served.delete(response));
    void serveRaftPath(new Exchange(request, response, this.#options), path, this);
    return true;
  }

  /** Ends all that is under way, in both directions. Nothing is reported any more. */
  stop(): void {
    this.#stopped = true;
    for (const peer of this.#peers.values()) peer.stop();
    for (const remote of this.#remotes.values()) remote.stop();
    this.#peers.clear();
    this.#remotes.clear();
    for (const response of this.#served) response.destroy();
  }

  #fields(id: MemberId, urls?: readonly string[]) {
    return {
      'local-member-id': hexId(this.#options.local.id),
      'remote-peer-id': hexId(id),
      ...(urls && { 'remote-peer-urls': urls }),
    };
  }
}
