import { writeVarint } from '@etcd-ts/foundation';
import type { Clock, Revision } from '@etcd-ts/foundation';
import { toWireKeyValue } from '@etcd-ts/server';
import type { MemberFacts, WatchOperations } from '@etcd-ts/server';
import type { RevisionCommit, WatchEvent } from '@etcd-ts/mvcc';
import { encodeMessage, Event, Event_EventType, WatchResponse } from '@etcd-ts/wire-protocol';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';

import { headerOf } from '../header.js';
import { EncodedOffer } from './encoded-offer.js';

/** The tag of WatchResponse.events: field 11, length-delimited. */
const EVENTS_TAG = (11 << 3) | 2;
/** A varint of 32 bits takes at most five bytes. */
const MAX_LENGTH_BYTES = 5;

/**
 * The events as a field of a WatchResponse, each encoded once however many watchers get it: the
 * store hands the same objects to all of them, so identity is the key, and an entry lives as long
 * as somebody still holds its event.
 */
export class EventEncoder {
  readonly #watch: WatchOperations;
  readonly #plain = new WeakMap<WatchEvent, Uint8Array>();
  readonly #withPrevious = new WeakMap<WatchEvent, Uint8Array>();
  readonly #facts: MemberFacts;
  readonly #clock: Clock;
  #last: EncodedOffer | undefined;

  constructor(watch: WatchOperations, facts: MemberFacts, clock: Clock) {
    this.#watch = watch;
    this.#facts = facts;
    this.#clock = clock;
  }

  /**
   * What a sink is offered (see WatchSink). The hub offers it to one watcher after the other, so it
   * is enough to remember the last, and not for longer than it does so: an offer may be megabytes,
   * and its header names a term.
   */
  offer(commits: readonly RevisionCommit[], upTo: Revision): EncodedOffer {
    const last = this.#last;
    if (last !== undefined && last.commits === commits && last.upTo === upTo) return last;
    if (last === undefined) queueMicrotask(this.#forget);
    const startedMs = this.#clock.monotonicMs();
    const header = headerOf(this.#facts, BigInt(upTo));
    const head = encodeMessage(WatchResponse, emptyResponse(header, 0n));
    this.#last = new EncodedOffer({ encoder: this, commits, upTo, head, startedMs });
    return this.#last;
  }

  readonly #forget = (): void => {
    this.#last = undefined;
  };

  /** Tag, length and Event message. Shared: nobody may write to it. */
  field(event: WatchEvent, withPrevious: boolean): Uint8Array {
    const cache = withPrevious ? this.#withPrevious : this.#plain;
    const known = cache.get(event);
    if (known !== undefined) return known;
    const encoded = this.#encode(event, withPrevious);
    cache.set(event, encoded);
    return encoded;
  }

  #encode(event: WatchEvent, withPrevious: boolean): Uint8Array {
    const previous = withPrevious ? this.#watch.previousKeyValue(event) : undefined;
    const message = encodeMessage(Event, {
      type: event.type === 'put' ? Event_EventType.PUT : Event_EventType.DELETE,
      kv: toWireKeyValue(event.kv),
      prevKv: previous && toWireKeyValue(previous),
    });
    const field = Buffer.allocUnsafe(1 + MAX_LENGTH_BYTES + message.length);
    field[0] = EVENTS_TAG;
    const offset = writeVarint(field, 1, message.length);
    field.set(message, offset);
    return field.subarray(0, offset + message.length);
  }
}

/** The field of a WatchResponse that says whose it is; no bytes for the id 0. */
export function watchIdField(watchId: bigint): Uint8Array {
  return encodeMessage(WatchResponse, emptyResponse(undefined, watchId));
}

/** The response that says nothing yet: for control answers, and for progress as it is. */
export function emptyResponse(header: ResponseHeader | undefined, watchId: bigint): WatchResponse {
  return {
    header,
    watchId,
    created: false,
    canceled: false,
    compactRevision: 0n,
    cancelReason: '',
    fragment: false,
    events: [],
  };
}
