import { fromBinaryString, toBinaryString } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import type { WatchedEvent, WatchRecord, WatchRequest, WatchResponse } from '@etcd-ts/checker';
import { nextWatch } from '@etcd-ts/checker';
import type { KeyValue, RevisionCommit, Watcher, WatchEvent, WatchSink } from '@etcd-ts/mvcc';
import type { Member } from '@etcd-ts/server';

import { Process } from '../time/event-queue.js';
import type { CancelEvent, EventQueue } from '../time/event-queue.js';
import { keyValueOfStore } from './stored-key.js';
import type { Endpoint } from './client.js';

export interface WatchingParts {
  readonly id: number;
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly endpoints: () => readonly Endpoint[];
  readonly newestRevision: () => number;
  /** Where the history was last cut off. */
  readonly compactedRevision: () => number;
  readonly prefixes: readonly string[];
  readonly habits: WatcherHabits;
  /** What happened until then is judged and forgotten: no watch begins there. */
  readonly forgottenRevision: () => number;
}

export interface WatcherHabits {
  /** Between two questions how far the watch has come. */
  readonly progressEveryMs: number;
  /** A watcher that lives for long is replaced by another one. */
  readonly meanLifeMs: number;
}

export const HASTY_WATCHERS: WatcherHabits = { progressEveryMs: 700, meanLifeMs: 15_000 };

type OpenRecord = { -readonly [K in keyof WatchRecord]: WatchRecord[K] } & {
  readonly responses: WatchResponse[];
};

const MIN_DELAY_MS = 0.1;
const MAX_DELAY_MS = 2;
const RETRY_MS = 300;
/** A sink that has no room refuses so many offers of a hundred. */
const REFUSED_PER_CENT = 8;
const DRAIN_AFTER_MS = 40;

/**
 * A client that watches: over one connection after the other, each resuming where the former broke,
 * until it has enough and asks for something else.
 */
export class WatchingClient {
  readonly #parts: WatchingParts;
  readonly #process: Process;
  #records: WatchRecord[] = [];
  #named = 0;
  #connection: Connection | undefined;
  #owed: { readonly connection: Connection; readonly revision: number } | undefined;

  constructor(parts: WatchingParts) {
    this.#parts = parts;
    this.#process = new Process(`watcher ${parts.id}`);
  }

  start(): void {
    const { rng, queue, habits } = this.#parts;
    this.#connect(this.#nextWatch(), undefined);
    queue.in(-Math.log(1 - rng.next()) * habits.meanLifeMs, this.#process, () => {
      this.#connection?.close();
      this.#connection = undefined;
      this.start();
    });
  }

  /** Near the end: from now on whoever is connected has the time to get everything up to `revision`. */
  owe(revision: number): void {
    const connection = this.#connection;
    this.#owed = connection?.isOpen === true ? { connection, revision } : undefined;
  }

  /** At the end. A watcher that has connected since it was owed something may not have it yet. */
  finish(): void {
    const owed = this.#owed;
    if (owed?.connection === this.#connection && owed?.connection.isOpen === true) {
      owed.connection.record.mustReach = owed.revision;
    }
    this.#connection?.close();
    this.#process.die();
  }

  get records(): readonly WatchRecord[] {
    return this.#records;
  }

  get isConnected(): boolean {
    return this.#connection?.isOpen === true;
  }

  /**
   * Everybody has got everything up to `revision`: what was heard until now, which is forgotten. What
   * comes on the present connection goes on from there. Undefined: it has none, and wants one.
   */
  takeRecords(revision: number): readonly WatchRecord[] | undefined {
    const connection = this.#connection;
    if (connection?.isOpen !== true) return undefined;
    connection.record.mustReach = revision;
    const records = this.#records;
    this.#records = [connection.goOnAfter(revision)];
    return records;
  }

  #connect(asked: WatchRequest, resumes: WatchRecord | undefined): void {
    const { id, rng, forgottenRevision } = this.#parts;
    const request =
      asked.startRevision === 0
        ? asked
        : { ...asked, startRevision: Math.max(asked.startRevision, forgottenRevision() + 1) };
    const endpoints = this.#parts.endpoints();
    const endpoint = endpoints[rng.below(endpoints.length)] as Endpoint;
    const record: OpenRecord = {
      name: `${id}/${this.#named++} on ${endpoint.name}`,
      range: request.range,
      startRevision: request.startRevision,
      prevKv: request.prevKv,
      noPut: request.noPut,
      noDelete: request.noDelete,
      responses: [],
      ...(resumes === undefined ? {} : { resumes }),
    };
    this.#records.push(record);
    const connection = new Connection(this.#parts, this.#process, request, record, (canceled) => {
      if (connection !== this.#connection) return;
      this.#connection = undefined;
      this.#retry(request, connection.record, canceled);
    });
    this.#connection = connection;
    connection.open(endpoint);
  }

  #nextWatch(): WatchRequest {
    const { rng, newestRevision, prefixes, compactedRevision } = this.#parts;
    return nextWatch(rng, newestRevision(), prefixes, compactedRevision());
  }

  /** As the documentation advises: from what is left. Or something else altogether. */
  #afterCompaction(request: WatchRequest, { responses }: WatchRecord): WatchRequest {
    const last = responses.at(-1);
    const startRevision = last?.kind === 'canceled' ? last.compactRevision : 0;
    if (startRevision === 0 || this.#parts.rng.below(2) === 0) return this.#nextWatch();
    return { ...request, startRevision };
  }

  #retry(request: WatchRequest, record: OpenRecord, canceled: boolean): void {
    const { queue, rng } = this.#parts;
    const startRevision = nextOf(record);
    queue.in(RETRY_MS * (0.5 + rng.next()), this.#process, () => {
      if (this.#connection !== undefined) return;
      // Nothing was promised by a watch that was never confirmed.
      if (canceled) this.#connect(this.#afterCompaction(request, record), undefined);
      else if (startRevision === 0) this.#connect(request, undefined);
      else this.#connect({ ...request, startRevision }, record);
    });
  }
}

/** Where a watcher goes on that has seen this; 0: nothing is known to it yet. */
function nextOf({ startRevision, createdRevision, responses }: WatchRecord): number {
  let next = startRevision;
  if (startRevision === 0 && createdRevision !== undefined) next = createdRevision + 1;
  for (const response of responses) {
    if (response.kind === 'progress') next = Math.max(next, response.revision + 1);
    if (response.kind !== 'events') continue;
    for (const { kv } of response.events) next = Math.max(next, kv.modRevision + 1);
  }
  return next;
}

/** One watch on one member, with the way its answers go. */
class Connection implements WatchSink {
  record: OpenRecord;
  readonly #parts: WatchingParts;
  readonly #client: Process;
  readonly #request: WatchRequest;
  readonly #lost: (canceled: boolean) => void;
  #member: { readonly member: Member; readonly process: Process } | undefined;
  #watcher: Watcher | undefined;
  #forgetDeath: CancelEvent = () => undefined;
  #isClosed = false;
  #isFull = false;
  #lastArrivalMs = 0;

  constructor(
    parts: WatchingParts,
    client: Process,
    request: WatchRequest,
    record: OpenRecord,
    lost: (canceled: boolean) => void,
  ) {
    this.#parts = parts;
    this.#client = client;
    this.#request = request;
    this.record = record;
    this.#lost = lost;
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.record.createdRevision !== undefined;
  }

  goOnAfter(revision: number): OpenRecord {
    const { name, range, prevKv, noPut, noDelete, createdRevision } = this.record;
    const startRevision = Math.max(this.record.startRevision, revision + 1);
    this.record = {
      name,
      range,
      startRevision,
      responses: [],
      ...(prevKv === undefined ? {} : { prevKv }),
      ...(noPut === undefined ? {} : { noPut }),
      ...(noDelete === undefined ? {} : { noDelete }),
      ...(createdRevision === undefined ? {} : { createdRevision }),
    };
    return this.record;
  }

  open(endpoint: Endpoint): void {
    this.#parts.queue.in(this.#delayMs(), undefined, () => {
      const serving = endpoint.serving();
      if (serving === undefined) {
        this.#break();
        return;
      }
      this.#forgetDeath = serving.process.onDeath(() => this.#break());
      this.#parts.queue.in(0, serving.process, () => this.#begin(serving));
    });
  }

  /** From the client's side; what is under way is not looked at any more. */
  close(): void {
    this.#isClosed = true;
    this.#forgetDeath();
    const { queue } = this.#parts;
    const { process, member } = this.#member ?? {};
    if (process === undefined) return;
    queue.in(this.#delayMs(), process, () => {
      if (this.#watcher !== undefined) member?.server.watch.hub.cancel(this.#watcher);
    });
  }

  #break(): void {
    if (this.#isClosed) return;
    this.close();
    this.#parts.queue.in(this.#delayMs(), this.#client, () => this.#lost(false));
  }

  #begin(serving: { readonly member: Member; readonly process: Process }): void {
    if (this.#isClosed) return;
    this.#member = serving;
    const { server } = serving.member;
    const { range, startRevision, noPut, noDelete } = this.#request;
    const created = server.facts.header().revision;
    this.#watcher = server.watch.hub.watch({
      key: fromBinaryString(range.key),
      rangeEnd: fromBinaryString(range.rangeEnd ?? ''),
      startRevision,
      noPut,
      noDelete,
      sink: this,
    });
    this.#deliver(() => (this.record.createdRevision = created));
    this.#askProgress();
  }

  #askProgress(): void {
    const { queue, rng, habits } = this.#parts;
    const serving = this.#member;
    if (this.#isClosed || serving === undefined) return;
    queue.in(habits.progressEveryMs * (0.5 + rng.next()), serving.process, () => {
      if (this.#isClosed || this.#watcher === undefined) return;
      const revision = serving.member.server.watch.hub.progressOf(this.#watcher);
      if (revision !== undefined) {
        this.#deliver(() => this.record.responses.push({ kind: 'progress', revision }));
      }
      this.#askProgress();
    });
  }

  offer(_watcher: Watcher, commits: readonly RevisionCommit[], upTo: number): boolean {
    const { rng, queue } = this.#parts;
    if (this.#isClosed || this.#isFull) return false;
    if (rng.below(100) < REFUSED_PER_CENT) {
      this.#isFull = true;
      queue.in(DRAIN_AFTER_MS, this.#member?.process, () => {
        this.#isFull = false;
        if (!this.#isClosed) this.#member?.member.server.watch.hub.sinkDrained(this);
      });
      return false;
    }
    const events = commits.flatMap((commit) => commit.events.map((event) => this.#shown(event)));
    this.#deliver(() => this.record.responses.push({ kind: 'events', revision: upTo, events }));
    return true;
  }

  compacted(_watcher: Watcher, compactRevision: number): void {
    this.#deliver(() => {
      this.record.responses.push({ kind: 'canceled', compactRevision });
      this.#isClosed = true;
      this.#forgetDeath();
      this.#lost(true);
    });
  }

  #shown(event: WatchEvent): WatchedEvent {
    const kv = keyValueOfStore(event.kv);
    const before: KeyValue | undefined = this.#request.prevKv
      ? this.#member?.member.server.watch.previousKeyValue(event)
      : undefined;
    const { type } = event;
    return before === undefined ? { type, kv } : { type, kv, prevKv: keyValueOfStore(before) };
  }

  /** One connection keeps the order. */
  #deliver(take: () => void): void {
    const { queue } = this.#parts;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, queue.nowMs + this.#delayMs());
    queue.at(this.#lastArrivalMs, this.#client, () => {
      if (!this.#isClosed) take();
    });
  }

  #delayMs(): number {
    return MIN_DELAY_MS + this.#parts.rng.next() * (MAX_DELAY_MS - MIN_DELAY_MS);
  }
}

/** Everything a member publishes, as text. */
export function describeChanges(commit: RevisionCommit): string {
  return commit.events
    .map(({ type, kv }) => `${type} ${toBinaryString(kv.key)}=${toBinaryString(kv.value)}`)
    .join(' ');
}
