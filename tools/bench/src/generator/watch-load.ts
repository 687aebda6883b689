import { PutRequest, WatchCreateRequest, WatchRequest } from '@etcd-ts/wire-protocol';

import { MessageReader } from './message-reader.js';
import { RawConnection } from './raw-connection.js';
import { countFields } from './protobuf-fields.js';
import type { LoadResult } from './unary-load.js';

export interface WatchLoad {
  readonly endpoint: string;
  readonly key: string;
  readonly watchers: number;
  readonly streams: number;
  /** Puts go on for so long; then the last of them has to reach every watcher. */
  readonly seconds: number;
  readonly valueBytes: number;
}

/** etcdserverpb.WatchResponse: created = 3, events = 11. */
const CREATED_FIELD = 3;
const EVENTS_FIELD = 11;
/** Puts ahead of the slowest watcher: enough to keep the server busy, too few to pile up. */
const PUTS_AHEAD = 8;

/** One key, many watchers: counts events until every watcher has got every put. */
export async function runWatchLoad(load: WatchLoad): Promise<LoadResult> {
  const run = new WatchFanOut(load);
  try {
    return await run.toEnd();
  } finally {
    run.close();
  }
}

class WatchFanOut {
  readonly #load: WatchLoad;
  readonly #watching: RawConnection;
  readonly #putting: RawConnection;
  readonly #done: Promise<void>;
  #finish: () => void = () => undefined;
  #created = 0;
  #events = 0;
  #bytes = 0;
  #putsSent = 0;
  #startedAt = 0;

  constructor(load: WatchLoad) {
    this.#load = load;
    let fail: (error: Error) => void = () => undefined;
    this.#done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      fail = reject;
    });
    this.#watching = new RawConnection(load.endpoint, '/etcdserverpb.Watch/Watch', fail);
    this.#putting = new RawConnection(load.endpoint, '/etcdserverpb.KV/Put', fail);
    for (let stream = 0; stream < load.streams; stream++) this.#openStream();
  }

  async toEnd(): Promise<LoadResult> {
    await this.#done;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return { requests: this.#expected, answered: this.#events, bytes: this.#bytes, seconds };
  }

  close(): void {
    this.#watching.close();
    this.#putting.close();
  }

  get #isOver(): boolean {
    return performance.now() - this.#startedAt >= this.#load.seconds * 1000;
  }

  get #expected(): number {
    return this.#putsSent * this.#load.watchers;
  }

  #openStream(): void {
    const create = WatchRequest.encode({
      requestUnion: {
        $case: 'createRequest',
        value: WatchCreateRequest.fromPartial({ key: Buffer.from(this.#load.key) }),
      },
    }).finish();
    const reader = new MessageReader((message) => this.#response(message));
    const listener = {
      onData: (bytes: Buffer) => reader.take(bytes),
      onEnd: () => undefined,
    };
    const stream = this.#watching.open(create, listener, false);
    const watchers = this.#load.watchers / this.#load.streams;
    for (let i = 1; i < watchers; i++) this.#watching.send(stream, create);
  }

  #response(message: Buffer): void {
    if (countFields(message, CREATED_FIELD) > 0) {
      this.#created++;
      if (this.#created < this.#load.watchers) return;
      this.#startedAt = performance.now();
      for (let i = 0; i < PUTS_AHEAD; i++) this.#put();
      return;
    }
    this.#events += countFields(message, EVENTS_FIELD);
    this.#bytes += message.length;
    const everywhere = Math.floor(this.#events / this.#load.watchers);
    while (!this.#isOver && this.#putsSent < everywhere + PUTS_AHEAD) this.#put();
    if (this.#events >= this.#expected) this.#finish();
  }

  #put(): void {
    this.#putsSent++;
    const body = PutRequest.encode(
      PutRequest.fromPartial({
        key: Buffer.from(this.#load.key),
        value: Buffer.alloc(this.#load.valueBytes, 'v'),
      }),
    ).finish();
    this.#putting.open(body, { onData: () => undefined, onEnd: () => undefined });
  }
}
