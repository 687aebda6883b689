import { fragments } from '@etcd-ts/grpc-api';
import { must } from '@etcd-ts/foundation';
import { Encoded } from '@etcd-ts/rpc';
import type { Event, ResponseHeader } from '@etcd-ts/wire-protocol';
import { WatchResponse } from '@etcd-ts/wire-protocol';
import { watchResponse } from './responses.js';

/** As the servers: a response of a watcher that can put parts together is at most so large. */
const FRAGMENT_BYTES = 2 * 1024 * 1024;

/** Events of whole revisions, in order: encoded once for all who get them. */
export class EventBatch {
  readonly header: ResponseHeader;
  readonly events: readonly Event[];
  readonly firstRevision: bigint;
  readonly lastRevision: bigint;
  readonly #head: Uint8Array;
  #body: Uint8Array | undefined;

  constructor(header: ResponseHeader, events: readonly Event[]) {
    this.events = events;
    this.firstRevision = revisionOf(events[0]);
    this.lastRevision = revisionOf(events.at(-1));
    this.header = header;
    this.#head = encode({ header });
  }

  /** The responses for one watcher who still lacks what happened from a revision on. */
  *responses(
    idField: Uint8Array,
    fromRevision: bigint,
    takesFragments: boolean,
  ): Generator<Encoded, void, undefined> {
    const head = Buffer.concat([this.#head, idField]);
    const isWhole = fromRevision <= this.firstRevision;
    const events = isWhole
      ? [...this.events]
      : this.events.filter((event) => revisionOf(event) >= fromRevision);
    if (events.length === 0) return;
    const body = isWhole ? (this.#body ??= encode({ events })) : encode({ events });
    if (!takesFragments || head.length + body.length < FRAGMENT_BYTES) {
      yield new Encoded(head, body);
      return;
    }
    const fields = events.map((event) => encode({ events: [event] }));
    for (const part of fragments(head, fields, FRAGMENT_BYTES)) yield new Encoded(part);
  }
}

/** The field of a watcher's id; none for 0, which is what a missing one means. */
export const idFieldOf = (watchId: bigint): Uint8Array => encode({ watchId });

/** Fields of a message that stand one behind the other are the message (protobuf encoding). */
const encode = (fields: Partial<WatchResponse>): Uint8Array =>
  WatchResponse.encode(watchResponse(fields)).finish();

const revisionOf = (event: Event | undefined): bigint =>
  must(event?.kv?.modRevision, 'an event is of a key and a revision');
