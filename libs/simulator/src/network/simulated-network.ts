import type { Clock, MemberId, Rng } from '@etcd-ts/foundation';
import { must } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import type { Member, PeerNetwork, PeerNetworkParts, Peers } from '@etcd-ts/server';

import type { EventQueue, Process } from '../time/event-queue.js';
import { FINE_WEATHER, Link } from './link.js';
import type { NetworkWeather } from './link.js';
import { peerCalls } from './peer-calls.js';
import { copyOf } from './message-copy.js';

/** Who listens at a peer URL: the process of a member, from its start to its end. */
export interface Station {
  readonly url: string;
  readonly process: Process;
  readonly clock: Clock;
  readonly startedMs: number;
  parts: PeerNetworkParts | undefined;
  member: Member | undefined;
  /** Where to answer those who are no peers yet: whoever sends a message says where it lives. */
  readonly remotes: Map<MemberId, string>;
}

export interface NetworkObserver {
  /** A message leaves a member, whatever becomes of it. */
  sent(process: Process, message: Message): void;
}

/** How long the sender of a message takes to notice that nobody can have got it. */
const UNREACHABLE_AFTER_MS = 5;

/**
 * The network between members, by their peer URLs. Every message and every question takes its time,
 * and meets whatever the links are in just then.
 */
export class SimulatedNetwork {
  readonly #queue: EventQueue;
  readonly #rng: Rng;
  readonly #observer: NetworkObserver;
  readonly #stations = new Map<string, Station>();
  readonly #links = new Map<string, Map<string, Link>>();
  weather: NetworkWeather = FINE_WEATHER;
  readonly #salt: number | undefined;

  /** `salt`: see Link. */
  constructor(queue: EventQueue, rng: Rng, observer: NetworkObserver, salt?: number) {
    this.#queue = queue;
    this.#rng = rng;
    this.#observer = observer;
    this.#salt = salt;
  }

  link(from: string, to: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, (links = new Map()));
    let link = links.get(to);
    if (link === undefined)
      links.set(to, (link = new Link(this.#queue.nowMs, this.#saltOf(links))));
    return link;
  }

  #saltOf(links: ReadonlyMap<string, Link>): number | undefined {
    return this.#salt === undefined ? undefined : this.#salt + 64 * this.#links.size + links.size;
  }

  /** Nothing is wrong with it anywhere. */
  get isFine(): boolean {
    if (this.weather !== FINE_WEATHER) return false;
    for (const links of this.#links.values()) {
      for (const link of links.values()) if (!link.isFine) return false;
    }
    return true;
  }

  /** A machine is gone for good: nobody will ever speak to it again. */
  forget(url: string): void {
    this.#links.delete(url);
    for (const links of this.#links.values()) links.delete(url);
  }

  heal(): void {
    for (const links of this.#links.values()) {
      for (const link of links.values()) link.heal(this.#queue.nowMs);
    }
    this.weather = FINE_WEATHER;
  }

  /** What a starting process reaches the others by. */
  attach(url: string, process: Process, clock: Clock): Peers {
    const startedMs = this.#queue.nowMs;
    const station: Station = {
      url,
      process,
      clock,
      startedMs,
      parts: undefined,
      member: undefined,
      remotes: new Map(),
    };
    this.#stations.set(url, station);
    return {
      connect: (parts) => this.#connect(station, parts),
      calls: peerCalls((urls, timeoutMs, question) =>
        this.#ask(station, urls, timeoutMs, question),
      ),
    };
  }

  /** From now on it can be asked, too. */
  serve(url: string, member: Member): void {
    must(this.#stations.get(url), 'attached').member = member;
  }

  detach(url: string, process: Process): void {
    if (this.#stations.get(url)?.process === process) this.#stations.delete(url);
  }

  /** Undefined when there is no process that could answer. */
  stationAt(url: string): Station | undefined {
    const station = this.#stations.get(url);
    return station?.process.alive === true ? station : undefined;
  }

  #connect(station: Station, parts: PeerNetworkParts): PeerNetwork {
    station.parts = parts;
    const peers = new Map<MemberId, string>();
    const { url, process, clock, remotes } = station;
    const first = (urls: readonly string[]): string => must(urls[0], 'a peer has a URL');
    return {
      addPeer: (id, urls) => void peers.set(id, first(urls)),
      addRemote: (id, urls) => void remotes.set(id, first(urls)),
      removePeer: (id) => void peers.delete(id),
      updatePeer: (id, urls) => void peers.set(id, first(urls)),
      peerIds: () => [...peers.keys()],
      send: (messages) => {
        if (!process.alive) return;
        for (const message of messages) {
          this.#observer.sent(process, message);
          const to = peers.get(message.to) ?? remotes.get(message.to);
          if (to !== undefined) this.#send(station, to, message);
        }
      },
      activeSince: (id) => {
        const sinceMs = this.#activeSince(url, peers.get(id));
        return sinceMs === undefined
          ? undefined
          : clock.monotonicMs() - (this.#queue.nowMs - sinceMs);
      },
      stop: () => this.detach(url, process),
    };
  }

  #activeSince(from: string, to: string | undefined): number | undefined {
    const station = to === undefined ? undefined : this.stationAt(to);
    if (station === undefined) return undefined;
    const links = [this.link(from, station.url), this.link(station.url, from)];
    if (links.some(({ isCut }) => isCut)) return undefined;
    return Math.max(station.startedMs, ...links.map(({ sinceMs }) => sinceMs));
  }

  #send(from: Station, to: string, message: Message): void {
    const link = this.link(from.url, to);
    // A stream never repeats a message; raft must not mind if it did. But a proposal that is
    // forwarded twice is made twice: that much is expected of streams, by etcd too.
    const mayRepeat = message.type !== 'propose';
    const arrivals = link.arrivals(this.#queue.nowMs, this.weather, this.#rng, mayRepeat);
    if (arrivals.length === 0 && (link.isCut || message.type === 'installSnapshot')) {
      this.#unreachable(from, message);
    }
    for (const atMs of arrivals) {
      const copy = copyOf(message);
      this.#queue.post(atMs, undefined, () => this.#arrive(from, to, copy));
    }
  }

  #unreachable({ process, parts }: Station, message: Message): void {
    this.#queue.in(UNREACHABLE_AFTER_MS, process, () => {
      parts?.raft.reportUnreachable(message.to);
      if (message.type === 'installSnapshot') parts?.raft.reportSnapshot(message.to, 'failure');
    });
  }

  #arrive(from: Station, url: string, message: Message): void {
    const to = this.stationAt(url);
    if (to?.parts === undefined) {
      this.#unreachable(from, message);
      return;
    }
    const { parts, process } = to;
    const take = (): void => {
      this.#queue.goOnAs(process);
      if (parts.raft.isRemoved(message.from)) {
        this.#queue.in(1, from.process, () => from.parts?.raft.removedFromCluster());
        return;
      }
      if (!to.remotes.has(message.from)) to.remotes.set(message.from, from.url);
      if (message.type === 'installSnapshot') void this.#transfer(from, to, message);
      else parts.raft.receive(message);
    };
    if (process.pausedUntilMs > this.#queue.nowMs) this.#queue.in(0, process, take);
    else take();
  }

  /** The content follows its message, unless one of the two processes or the link goes first. */
  async #transfer(
    from: Station,
    to: Station,
    message: Extract<Message, { type: 'installSnapshot' }>,
  ): Promise<void> {
    const source = must(from.parts, 'a sender is connected');
    const sink = must(to.parts, 'a receiver is connected');
    const broken = (): boolean =>
      !from.process.alive || !to.process.alive || this.link(from.url, to.url).isCut;
    let outcome: 'finish' | 'failure' = 'failure';
    let close: () => void = () => undefined;
    try {
      if (broken()) return;
      this.#queue.goOnAs(from.process);
      const content = await source.snapshotSource.open(message);
      close = () => content.close();
      const { index } = content.message.snapshot.metadata;
      this.#queue.goOnAs(to.process);
      const saved = sink.snapshotSink.save(index, unlessBroken(content.chunks, broken));
      await Promise.race([saved, deathOf(to.process)]);
      if (!to.process.alive) return;
      this.#queue.goOnAs(to.process);
      sink.raft.receive(content.message);
      outcome = 'finish';
    } catch {
      // As over HTTP: the sender learns that it failed, and raft tries again.
    } finally {
      if (from.process.alive) {
        this.#queue.goOnAs(from.process);
        close();
        source.raft.reportSnapshot(message.to, outcome);
      }
    }
  }

  /** A question and its answer, each with a way to go. Undefined when nobody answers in time. */
  async #ask<T>(
    from: Station,
    urls: readonly string[],
    timeoutMs: number,
    question: (member: Member) => Promise<T>,
  ): Promise<T | undefined> {
    for (const url of urls) {
      const answer = await this.#askOne(from, url, timeoutMs, question);
      if (answer.kind === 'ok') return answer.value;
      if (answer.kind === 'error') throw answer.error;
    }
    return undefined;
  }

  #askOne<T>(
    from: Station,
    url: string,
    timeoutMs: number,
    question: (member: Member) => Promise<T>,
  ): Promise<Answer<T>> {
    return new Promise((resolve) => {
      if (!from.process.alive) return;
      const cancelTimeout = this.#queue.in(timeoutMs, from.process, () =>
        resolve({ kind: 'none' }),
      );
      const [there] = this.link(from.url, url).arrivals(this.#queue.nowMs, this.weather, this.#rng);
      if (there === undefined) return;
      this.#queue.at(there, undefined, () => {
        const to = this.stationAt(url);
        if (to?.member === undefined) {
          this.#queue.in(1, from.process, () => resolve({ kind: 'none' }));
          return;
        }
        const { member, process } = to;
        const back = (answer: Answer<T>): void => {
          if (!process.alive) return;
          const link = this.link(url, from.url);
          const [here] = link.arrivals(this.#queue.nowMs, this.weather, this.#rng);
          if (here === undefined) return;
          this.#queue.at(here, from.process, () => {
            cancelTimeout();
            resolve(answer);
          });
        };
        this.#queue.in(0, process, () => {
          question(member).then(
            (value) => back({ kind: 'ok', value }),
            (error: unknown) => back({ kind: 'error', error }),
          );
        });
      });
    });
  }
}

type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'none' };

/** A process takes its connections with it, also while its disk has not answered yet. */
function deathOf(process: Process): Promise<void> {
  return new Promise((resolve) => void process.onDeath(resolve));
}

async function* unlessBroken(
  chunks: AsyncIterable<Uint8Array>,
  broken: () => boolean,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (broken()) throw new Error('the connection was cut');
    yield Uint8Array.from(chunk);
  }
}
