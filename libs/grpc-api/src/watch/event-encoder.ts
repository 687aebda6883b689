import { toWireKeyValue } from '@etcd-ts/server';
import type { WatchOperations } from '@etcd-ts/server';
import type { WatchEvent } from '@etcd-ts/mvcc';
import { encodeMessage, Event, Event_EventType, WatchResponse } from '@etcd-ts/wire-protocol';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';

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

  #revision = 0n;
  #raftTerm = 0n;
  #headerField: Uint8Array = new Uint8Array(0);

  constructor(watch: WatchOperations) {
    this.#watch = watch;
  }

  /**
   * The beginning of a WatchResponse with events: their fields, simply appended, complete it. All
   * watchers of a commit have the same header, which is half of what one event costs to send.
   */
  head(header: ResponseHeader, watchIdField: Uint8Array): Uint8Array {
    const { revision, raftTerm } = header;
    if (revision !== this.#revision || raftTerm !== this.#raftTerm) {
      this.#headerField = encodeMessage(WatchResponse, emptyResponse(header, 0n));
      this.#revision = revision;
      this.#raftTerm = raftTerm;
    }
    const headerField = this.#headerField;
    const head = Buffer.allocUnsafe(headerField.length + watchIdField.length);
    let at = 0;
    // Some thirty bytes: less than a call into native code costs.
    for (const byte of headerField) head[at++] = byte;
    for (const byte of watchIdField) head[at++] = byte;
    return head;
  }

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
    let offset = 1;
    let length = message.length;
    for (; length > 0x7f; length >>>= 7) field[offset++] = (length & 0x7f) | 0x80;
    field[offset++] = length;
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
