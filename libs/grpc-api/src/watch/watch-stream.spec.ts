import { LeaseId, Revision } from '@etcd-ts/foundation';
import { WatchHub } from '@etcd-ts/mvcc';
import type { KeyValue, RevisionCommit, WatchEvent } from '@etcd-ts/mvcc';
import { Encoded } from '@etcd-ts/rpc';
import { toWireKeyValue } from '@etcd-ts/server';
import type { MemberFacts, WatchOperations } from '@etcd-ts/server';
import { Event, WatchCreateRequest, WatchResponse } from '@etcd-ts/wire-protocol';
import fc from 'fast-check';

import { EventEncoder } from './event-encoder.js';
import { WatchStream } from './watch-stream.js';

const KEYS = ['a', 'b'];
const HEADER = { clusterId: 7n, memberId: 8n, revision: 99, raftTerm: 3 };
const MAX_REQUEST_BYTES = 100;
/** What gRPC may add to a request (GRPC_OVERHEAD_BYTES), which an answer may be longer by, too. */
const LARGE_VALUE_BYTES = 400 * 1024;

interface Interest {
  readonly key: string;
  readonly watchId: bigint;
  readonly prevKv: boolean;
  readonly fragment: boolean;
}

const interest: fc.Arbitrary<Interest> = fc.record({
  key: fc.constantFrom(...KEYS),
  watchId: fc.oneof(fc.constant(0n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  prevKv: fc.boolean(),
  fragment: fc.boolean(),
});
interface Change {
  readonly key: string;
  readonly put: boolean;
  readonly large: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom(...KEYS),
  put: fc.boolean(),
  large: fc.boolean(),
});
const changes = fc.array(change, { minLength: 1, maxLength: 3 });

const keyValue = (key: string, modRevision: number, bytes: number): KeyValue => ({
  key: Buffer.from(key),
  createRevision: Revision(1),
  modRevision: Revision(modRevision),
  version: 1,
  value: Buffer.alloc(bytes, modRevision),
  lease: LeaseId(0n),
});

function commitsOf(revisions: readonly (readonly Change[])[]): readonly RevisionCommit[] {
  return revisions.map((events, at) => {
    const revision = Revision(at + 1);
    const event = ({ key, put, large }: Change): WatchEvent => ({
      type: put ? 'put' : 'delete',
      kv: keyValue(key, revision, put && large ? LARGE_VALUE_BYTES : 2),
    });
    return { revision, events: events.map(event) };
  });
}

const previousOf = ({ kv }: WatchEvent): KeyValue =>
  keyValue(Buffer.from(kv.key).toString(), kv.modRevision, 5);

/** Two streams of one service, and what is written to each. */
class Streams {
  readonly written: Uint8Array[][] = [[], []];
  readonly hub = new WatchHub({
    currentRevision: Revision(0),
    compactRevision: Revision(0),
    readEvents: () => ({ kind: 'ok', commits: [], next: Revision(1) }),
  });
  readonly #streams: readonly WatchStream[];

  constructor() {
    const facts = {
      header: () => HEADER,
      maxRequestBytes: MAX_REQUEST_BYTES,
    } as unknown as MemberFacts;
    const watch: WatchOperations = {
      hub: this.hub,
      permit: () => Promise.reject(new Error('asked before')),
      previousKeyValue: previousOf,
      progressNotifyIntervalMs: 1,
    };
    const clock = { monotonicMs: () => 0, wallMs: () => 0 };
    const encoder = new EventEncoder(watch, facts, clock);
    const none = (): void => undefined;
    const observer = { eventsSent: none, controlSent: none, progressSent: none };
    this.#streams = this.written.map((written) => {
      const write = (message: WatchResponse | Encoded): boolean => {
        if (message instanceof Encoded) written.push(bytesOf(message));
        return true;
      };
      const out = { write, drained: () => Promise.resolve() };
      return new WatchStream({ facts, clock, watch, encoder, out, observer });
    });
  }

  create(stream: number, { key, ...request }: Interest): void {
    const create = WatchCreateRequest.fromPartial({ key: Buffer.from(key), ...request });
    this.#streams[stream]?.create(create, { refusal: () => undefined });
  }
}

const bytesOf = ({ bytes, rest, tail }: Encoded): Buffer =>
  Buffer.concat([
    bytes,
    ...(rest === undefined ? [] : [rest]),
    ...(tail === undefined ? [] : [tail]),
  ]);

/** What a watcher is owed of a commit, encoded by the generated codec. */
function plainResponse(commit: RevisionCommit, { key, watchId, prevKv }: Interest): Buffer {
  const events = commit.events
    .filter(({ kv }) => Buffer.from(kv.key).toString() === key)
    .map((event) =>
      Event.fromPartial({
        type: event.type === 'put' ? 0 : 1,
        kv: toWireKeyValue(event.kv),
        ...(prevKv && { prevKv: toWireKeyValue(previousOf(event)) }),
      }),
    );
  const header = { ...HEADER, revision: BigInt(commit.revision), raftTerm: 3n };
  return Buffer.from(
    WatchResponse.encode(WatchResponse.fromPartial({ header, watchId, events })).finish(),
  );
}

test('whoever shares what they are told, each gets the bytes made for it alone', () => {
  const interests = fc.uniqueArray(interest, { maxLength: 6, selector: ({ watchId }) => watchId });
  const revisions = fc.array(changes, { maxLength: 4 });
  fc.assert(
    fc.property(interests, revisions, (watching, published) => {
      const streams = new Streams();
      watching.forEach((each, at) => streams.create(at % 2, each));
      for (const commit of commitsOf(published)) {
        streams.hub.publish(commit);
        const expected = watching.map((each) => plainResponse(commit, each));
        const told = streams.written.map((written) => responsesOf(written.splice(0)));
        for (const stream of [0, 1]) {
          const owed = expected.filter(
            (bytes, at) => at % 2 === stream && WatchResponse.decode(bytes).events.length > 0,
          );
          expect(told[stream]?.map(hex).sort()).toEqual(owed.map(hex).sort());
        }
      }
    }),
    { numRuns: 60 },
  );
});

const hex = (bytes: Buffer): string => bytes.toString('hex');

/** With the fragments of each response put together. */
function responsesOf(written: readonly Uint8Array[]): readonly Buffer[] {
  const whole: Buffer[] = [];
  let parts: WatchResponse[] = [];
  for (const bytes of written) {
    const part = WatchResponse.decode(bytes);
    parts.push({ ...part, fragment: false });
    if (part.fragment) continue;
    const all = { ...part, events: parts.flatMap(({ events }) => events) };
    // What is not in parts is compared as it is: the order of fields counts, too.
    whole.push(
      parts.length === 1 ? Buffer.from(bytes) : Buffer.from(WatchResponse.encode(all).finish()),
    );
    parts = [];
  }
  return whole;
}
