import { WatchCreateRequest, WatchRequest } from '@etcd-ts/wire-protocol';

import { MessageReader } from './message-reader.js';
import { countFields } from './protobuf-fields.js';
import { RawConnection } from './raw-connection.js';
import type { LoadResult } from './unary-load.js';

export interface IdleWatchers {
  readonly endpoint: string;
  readonly watchers: number;
}

/** So few that what creates them fits into the window a stream begins with. */
const WATCHERS_PER_STREAM = 500;
const STREAMS_PER_CONNECTION = 20;
/** etcdserverpb.WatchResponse. */
const CREATED_FIELD = 3;

/** Each watches a key of its own that nobody writes. Calls `ready` when all are created. */
export async function holdIdleWatchers(
  load: IdleWatchers,
  ready: () => void,
  stopped: Promise<void>,
): Promise<LoadResult> {
  const startedAt = performance.now();
  const connections: RawConnection[] = [];
  let [created, bytes] = [0, 0];
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const all = new Promise<void>((resolve) => {
    const reader = (): MessageReader =>
      new MessageReader((message) => {
        bytes += message.length;
        created += countFields(message, CREATED_FIELD);
        if (created === load.watchers) resolve();
      });
    for (let first = 0; first < load.watchers; first += WATCHERS_PER_STREAM) {
      const stream = first / WATCHERS_PER_STREAM;
      if (stream % STREAMS_PER_CONNECTION === 0) {
        connections.push(new RawConnection(load.endpoint, '/etcdserverpb.Watch/Watch', fail));
      }
      const count = Math.min(WATCHERS_PER_STREAM, load.watchers - first);
      const connection = connections.at(-1);
      if (connection !== undefined) openStream(connection, first, count, reader());
    }
  });
  await Promise.race([all, failed]);
  const seconds = (performance.now() - startedAt) / 1000;
  ready();
  await Promise.race([stopped, failed]);
  for (const connection of connections) connection.close();
  return { requests: load.watchers, answered: created, bytes, seconds };
}

function openStream(
  connection: RawConnection,
  first: number,
  count: number,
  reader: MessageReader,
): void {
  const create = (index: number): Uint8Array => {
    const key = Buffer.from(`idle/${index}`);
    const value = WatchCreateRequest.fromPartial({ key });
    return WatchRequest.encode({ requestUnion: { $case: 'createRequest', value } }).finish();
  };
  const listener = { onData: (bytes: Buffer) => reader.take(bytes), onEnd: () => undefined };
  const stream = connection.open(create(first), listener, false);
  for (let i = 1; i < count; i++) connection.send(stream, create(first + i));
}
