import { eventually, succeeded, type RpcClient } from '@etcd-ts/testkit';
import {
  KVDefinition,
  PutRequest,
  WatchCreateRequest,
  WatchDefinition,
  WatchRequest,
  type WatchResponse,
} from '@etcd-ts/wire-protocol';

import { expectTrue, scaled, type Scenario, type Stage } from './scenario.js';

const STREAMS = 100;
const WATCHERS_PER_STREAM = 1_000;
/** Of the streams, those that nobody reads: a thousand watchers in all. */
const SLOW_STREAMS = 1;
const KEYS = 100;
const ROUNDS = 5;
/** Large enough that a stream that is not read fills its window, its socket and our buffer. */
const VALUE = Buffer.alloc(2_000, 'x');
const PATIENCE_MS = 300_000;

const keyOf = (i: number): Buffer => Buffer.from(`overload/watched/${i % KEYS}`);

/** Counts what its watchers are told, and whether any is told out of order or twice. */
class WatchStream {
  readonly #stream;
  readonly #lastRevisions = new Map<bigint, bigint>();
  created = 0;
  events = 0;
  failure = '';

  constructor(client: RpcClient) {
    this.#stream = client.bidi(WatchDefinition, WatchDefinition.methods.watch);
    this.#stream.on('data', (response: WatchResponse) => this.#take(response));
    this.#stream.on('error', (error) => (this.failure ||= error.message));
  }

  watch(count: number): void {
    for (let i = 0; i < count; i++) {
      const createRequest = WatchCreateRequest.create({ key: keyOf(i) });
      this.#stream.write(
        WatchRequest.create({ requestUnion: { $case: 'createRequest', value: createRequest } }),
      );
    }
  }

  stopReading(): void {
    this.#stream.pause();
  }

  goOnReading(): void {
    this.#stream.resume();
  }

  end(): void {
    this.#stream.cancel();
  }

  #take({ created, canceled, watchId, events }: WatchResponse): void {
    if (created) this.created++;
    if (canceled) this.failure ||= `watch ${watchId} was cancelled`;
    for (const { kv } of events) {
      const revision = kv?.modRevision ?? 0n;
      const last = this.#lastRevisions.get(watchId) ?? 0n;
      if (revision <= last) this.failure ||= `watch ${watchId}: ${revision} after ${last}`;
      this.#lastRevisions.set(watchId, revision);
      this.events++;
    }
  }
}

async function createAll(stage: Stage, perStream: number, count: number): Promise<WatchStream[]> {
  const streams: WatchStream[] = [];
  for (let i = 0; i < count; i++) {
    const stream = new WatchStream(stage.connect(i));
    streams.push(stream);
    stream.watch(perStream);
    await eventually('watchers', () => stream.created === perStream || undefined, PATIENCE_MS);
    stage.show(`${(i + 1) * perStream} watchers`);
  }
  return streams;
}

async function everythingSeen(streams: readonly WatchStream[], each: number): Promise<void> {
  await eventually(
    'every watcher is told of every write',
    () => {
      const failed = streams.find(({ failure }) => failure !== '');
      if (failed !== undefined) throw new Error(failed.failure);
      return streams.every(({ events }) => events >= each) || undefined;
    },
    PATIENCE_MS,
  );
  expectTrue(
    streams.every(({ events }) => events === each),
    'a watcher was told too much',
  );
}

/** A stream that is not read holds up nobody else, and misses nothing when it is read again. */
export const watchers: Scenario = {
  name: 'watchers',
  what: '100,000 watchers, 1,000 of them slow',
  async run(stage) {
    const perStream = scaled(stage, WATCHERS_PER_STREAM);
    const streams = await createAll(stage, perStream, STREAMS);
    try {
      const slow = streams.slice(0, SLOW_STREAMS);
      const quick = streams.slice(SLOW_STREAMS);
      for (const stream of slow) stream.stopReading();
      const writer = stage.connect(0);
      for (let i = 0; i < KEYS * ROUNDS; i++) {
        const put = PutRequest.create({ key: keyOf(i), value: VALUE });
        await succeeded(writer.unary(KVDefinition, KVDefinition.methods.put, put));
        if (i % KEYS === 0) stage.show(`${i} writes`);
      }
      await everythingSeen(quick, perStream * ROUNDS);
      for (const stream of slow) stream.goOnReading();
      await everythingSeen(slow, perStream * ROUNDS);
      const events = streams.reduce((sum, stream) => sum + stream.events, 0);
      return `${streams.length * perStream} watchers, ${events} events, each once and in order`;
    } finally {
      for (const stream of streams) stream.end();
    }
  },
};
