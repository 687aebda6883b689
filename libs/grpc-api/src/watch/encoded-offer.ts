import type { Revision } from '@etcd-ts/foundation';
import type { RevisionCommit } from '@etcd-ts/mvcc';

import type { EventEncoder } from './event-encoder.js';

export interface EncodedOfferParts {
  readonly encoder: EventEncoder;
  readonly commits: readonly RevisionCommit[];
  readonly upTo: Revision;
  readonly head: Uint8Array;
  readonly startedMs: number;
}

/** One offer of the hub to many watchers: what they all get, encoded for the first of them. */
export class EncodedOffer {
  readonly #encoder: EventEncoder;
  readonly commits: readonly RevisionCommit[];
  readonly upTo: Revision;
  /** The header. With the id of a watch and the events, simply appended, it is a WatchResponse. */
  readonly head: Uint8Array;
  /** Of events. */
  readonly count: number;
  /** When it was sent to a watcher for the last time: then sending it to the next one began. */
  sentMs: number;
  #plain: Uint8Array | undefined;
  #withPrevious: Uint8Array | undefined;

  constructor({ encoder, commits, upTo, head, startedMs }: EncodedOfferParts) {
    this.#encoder = encoder;
    this.commits = commits;
    this.upTo = upTo;
    this.head = head;
    this.count = commits.reduce((count, { events }) => count + events.length, 0);
    this.sentMs = startedMs;
  }

  /** All events, behind each other. Shared: nobody may write to it. */
  get plain(): Uint8Array {
    return (this.#plain ??= joined(this.fields(false)));
  }

  /** The same with the values before them. */
  get withPrevious(): Uint8Array {
    return (this.#withPrevious ??= joined(this.fields(true)));
  }

  /** A field of a WatchResponse for each event. */
  fields(withPrevious: boolean): readonly Uint8Array[] {
    return this.commits.flatMap(({ events }) =>
      events.map((event) => this.#encoder.field(event, withPrevious)),
    );
  }
}

function joined(fields: readonly Uint8Array[]): Uint8Array {
  const [only] = fields;
  return only !== undefined && fields.length === 1 ? only : Buffer.concat(fields);
}
