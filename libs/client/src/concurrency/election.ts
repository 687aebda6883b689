import type { CallOptions } from '@etcd-ts/rpc';
import type { KeyValue, ResponseHeader } from '@etcd-ts/wire-protocol';
import { Event_EventType, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Bytes } from '../kv/key-range.js';
import { toBuffer } from '../kv/key-range.js';
import type { Condition } from '../kv/txn.js';
import { compare, del, put } from '../kv/txn.js';
import type { Namespaced } from '../namespaced.js';
import type { Session } from './session.js';
import { awaitTurn, placesFor, takePlace, type Place } from './turn.js';

/** Who leads, and by which answer that is known. */
export interface LeaderSeen {
  readonly header: ResponseHeader | undefined;
  readonly leader: KeyValue;
}

/** Who leads, among candidates with values; compatible with etcd's own (`etcdctl elect`). */
export class Election {
  readonly name: Bytes;
  readonly #client: Namespaced;
  readonly #session: Session;
  #place: Place | undefined;

  constructor(client: Namespaced, session: Session, name: Bytes) {
    this.#client = client;
    this.#session = session;
    this.name = name;
  }

  /** The leader's key as long as this session leads. */
  get key(): Buffer | undefined {
    return this.#place?.key;
  }

  /** A condition for transactions: they fail when the leadership has been lost. */
  get isLeader(): Condition {
    const { key, revision } = this.#place ?? { key: '\0', revision: -1n };
    return compare(key).createRevision.equals(revision);
  }

  /** Waits until this session leads. A wait that is aborted or fails withdraws the candidacy. */
  async campaign(value: Bytes, options: CallOptions = {}): Promise<void> {
    const key = this.#session.keyOf(this.name);
    const { lease, lost } = this.#session;
    const { place, existing } = await takePlace(this.#client, { key, value, lease }, options);
    try {
      if (existing !== undefined && !existing.value.equals(toBuffer(value))) {
        await this.#rewrite(place, value, options);
      }
      const signal = options.signal === undefined ? lost : AbortSignal.any([options.signal, lost]);
      await awaitTurn(this.#client, this.name, place, { signal });
      this.#place = place;
    } catch (error) {
      // With the session lost the key is gone anyway, and there may be nobody to tell.
      if (!lost.aborted) await this.#withdraw(place).catch(() => undefined);
      throw error;
    }
  }

  /** Another value, without a new election. Fails when somebody else leads by now. */
  async proclaim(value: Bytes, options: CallOptions = {}): Promise<void> {
    if (this.#place === undefined) throw notLeader();
    await this.#rewrite(this.#place, value, options);
  }

  async resign(): Promise<void> {
    if (this.#place === undefined) return;
    await this.#withdraw(this.#place);
    this.#place = undefined;
  }

  /** undefined: nobody leads. */
  async leader(options: CallOptions = {}): Promise<KeyValue | undefined> {
    return leaderOf(this.#client, this.name, options);
  }

  /** Every leader and proclamation from now on, the present one first; ends with the signal. */
  observe(options: CallOptions = {}): AsyncGenerator<LeaderSeen, void, undefined> {
    return observeLeaders(this.#client, this.name, options);
  }

  async #rewrite(place: Place, value: Bytes, options: CallOptions): Promise<void> {
    const { succeeded } = await this.#client.kv
      .txn()
      .if(compare(place.key).createRevision.equals(place.revision))
      .do(put(place.key, value, { lease: this.#session.lease }))
      .commit(options);
    if (succeeded) return;
    this.#place = undefined;
    throw notLeader();
  }

  async #withdraw(place: Place): Promise<void> {
    await this.#client.kv
      .txn()
      .if(compare(place.key).createRevision.equals(place.revision))
      .do(del(place.key))
      .commit();
  }
}

export async function leaderOf(
  client: Namespaced,
  name: Bytes,
  options: CallOptions = {},
): Promise<KeyValue | undefined> {
  const keys = placesFor(name);
  return (await client.kv.range(keys, { ...options, sortBy: 'CREATE', limit: 1 })).kvs[0];
}

/** Who leads an election, without standing in it. */
export async function* observeLeaders(
  client: Namespaced,
  name: Bytes,
  options: CallOptions = {},
): AsyncGenerator<LeaderSeen, void, undefined> {
  const keys = placesFor(name);
  const { signal } = options;
  for (;;) {
    const { kvs, header } = await client.kv.range(keys, { ...options, sortBy: 'CREATE', limit: 1 });
    const startRevision = (header?.revision ?? 0n) + 1n;
    const found = kvs[0];
    if (found === undefined) {
      // Whoever puts first leads.
      for await (const { events } of client.watch(keys, {
        startRevision,
        ...(signal && { signal }),
      })) {
        if (events.some(({ type }) => type === Event_EventType.PUT)) break;
      }
      continue;
    }
    yield { header, leader: found };
    yield* proclamations(client, found, startRevision, signal);
  }
}

/** What the leader says until its key goes. */
async function* proclamations(
  client: Namespaced,
  leader: KeyValue,
  startRevision: bigint,
  signal: AbortSignal | undefined,
): AsyncGenerator<LeaderSeen, void, undefined> {
  const watch = client.watch(leader.key, { startRevision, ...(signal && { signal }) });
  for await (const { header, events } of watch) {
    for (const { type, kv } of events) {
      if (type === Event_EventType.DELETE) return;
      if (kv !== undefined) yield { header, leader: kv };
    }
  }
}

function notLeader(): EtcdError {
  return new EtcdError({ code: GrpcStatus.FailedPrecondition, message: 'election: not leader' });
}
