import { connect } from 'node:http2';
import {
  CompactionRequest,
  KVDefinition,
  PutRequest,
  WatchCreateRequest,
  WatchDefinition,
  WatchRequest,
} from '@etcd-ts/wire-protocol';
import type { WatchResponse } from '@etcd-ts/wire-protocol';
import type { BidiCall, Connection } from '@etcd-ts/rpc';

import { ServedMember } from '../testing/served-member.js';

const key = Buffer.from('key');

/** One client's stream, read as asked for. */
class Stream {
  readonly #call: BidiCall<WatchRequest, WatchResponse>;
  readonly #responses: AsyncIterator<WatchResponse>;

  constructor(connection: Connection) {
    this.#call = connection.service(WatchDefinition).watch();
    this.#responses = this.#call[Symbol.asyncIterator]();
  }

  create(request: Partial<WatchCreateRequest>): Promise<void> {
    const value = WatchCreateRequest.fromPartial({ key, ...request });
    return this.#call.write({ requestUnion: { $case: 'createRequest', value } });
  }

  cancelWatch(watchId: bigint): Promise<void> {
    return this.#call.write({ requestUnion: { $case: 'cancelRequest', value: { watchId } } });
  }

  requestProgress(): Promise<void> {
    return this.#call.write({ requestUnion: { $case: 'progressRequest', value: {} } });
  }

  async next(): Promise<WatchResponse> {
    const { value, done } = await this.#responses.next();
    if (done === true) throw new Error('the stream ended');
    return value;
  }

  /** The next answer to a create request. */
  async created(request: Partial<WatchCreateRequest>): Promise<WatchResponse> {
    await this.create(request);
    return this.next();
  }

  halfClose(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }
}

/** A create request as it goes over the wire: a length-prefixed message. */
function framed(value: WatchCreateRequest): Buffer {
  const request = { requestUnion: { $case: 'createRequest' as const, value } };
  const message = WatchRequest.encode(request).finish();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

describe('a watch stream', () => {
  let served: ServedMember;
  let stream: Stream;

  beforeAll(async () => {
    served = await ServedMember.start([
      ...['--watch-progress-notify-interval', '100ms', '--max-request-bytes', '1000000'],
    ]);
  });
  afterAll(() => served.dispose());
  beforeEach(() => (stream = new Stream(served.connection)));
  afterEach(() => stream.cancel());

  const put = async (value: string | Buffer, at = key): Promise<bigint> => {
    const request = PutRequest.create({ key: at, value: Buffer.from(value) });
    const { header } = await served.connection.service(KVDefinition).put(request);
    return header?.revision ?? 0n;
  };

  it('counts ids from 0, leaves out those a client chose, and uses none again', async () => {
    const ids: bigint[] = [];
    for (const watchId of [0n, 1n, 0n, -7n]) ids.push((await stream.created({ watchId })).watchId);
    await stream.cancelWatch(0n);
    expect(await stream.next()).toMatchObject({ watchId: 0n, canceled: true, cancelReason: '' });
    ids.push((await stream.created({})).watchId);
    expect(ids).toEqual([0n, 1n, 2n, -7n, 3n]);
  });

  it('refuses an id in use, an empty range and a negative revision, and goes on', async () => {
    await stream.created({ watchId: 5n });
    const refused = { watchId: -1n, created: true, canceled: true };
    expect(await stream.created({ watchId: 5n })).toMatchObject({
      ...refused,
      cancelReason: 'mvcc: duplicate watch ID provided on the WatchStream',
    });
    expect(await stream.created({ rangeEnd: Buffer.from('a') })).toMatchObject({
      ...refused,
      cancelReason: 'mvcc: watcher range is empty',
    });
    expect(await stream.created({ startRevision: -1n })).toMatchObject({
      ...refused,
      cancelReason: 'etcdserver: mvcc: required revision has been compacted',
    });
    await stream.cancelWatch(99n);
    expect(await stream.created({})).toMatchObject({ watchId: 0n, created: true, canceled: false });
  });

  it('announces a watcher before its events, which carry the revision they end at', async () => {
    const first = await put('1');
    const second = await put('2');
    await stream.create({ startRevision: first, prevKv: true });
    expect(await stream.next()).toMatchObject({ created: true, events: [] });
    const { events, header } = await stream.next();
    expect(
      events.map(({ kv, prevKv }) => [kv?.value.toString(), prevKv?.value.toString()]),
    ).toEqual(expect.arrayContaining([['2', '1']]));
    expect(header?.revision).toBe(second);
  });

  it('cancels a watcher whose history is gone, naming what is left', async () => {
    await put('1');
    const revision = await put('2');
    const kv = served.connection.service(KVDefinition);
    await kv.compact(CompactionRequest.create({ revision }));
    expect(await stream.created({ startRevision: 1n })).toMatchObject({ created: true });
    expect(await stream.next()).toMatchObject({
      header: { revision: 0n },
      canceled: true,
      compactRevision: revision,
      cancelReason: '',
    });
    // At the compacted revision itself nothing is missing; the value before it is.
    expect(await stream.created({ startRevision: revision, prevKv: true })).toMatchObject({
      canceled: false,
    });
    const { events } = await stream.next();
    expect(events).toMatchObject([{ kv: { modRevision: revision }, prevKv: undefined }]);
  });

  it('tells a silent watcher its progress, and one with news does not need it', async () => {
    await stream.created({ progressNotify: true });
    const revision = await put('news', Buffer.from('of another key'));
    let progress = await stream.next();
    // It may have been silent long enough before the put already.
    while (progress.header?.revision !== revision) progress = await stream.next();
    expect(progress).toMatchObject({ watchId: 0n, events: [] });
    const newer = await put('own');
    let response = await stream.next();
    while (response.events.length === 0) response = await stream.next();
    expect(response.header?.revision).toBe(newer);
  });

  it('answers a request for progress only if all watchers have everything', async () => {
    await stream.requestProgress();
    await stream.created({});
    const revision = await put('1');
    expect((await stream.next()).events).toHaveLength(1);
    await stream.requestProgress();
    expect(await stream.next()).toMatchObject({ watchId: -1n, events: [], header: { revision } });
    await stream.created({ startRevision: revision + 100n });
    await stream.requestProgress();
    await stream.cancelWatch(1n);
    expect(await stream.next()).toMatchObject({ watchId: 1n, canceled: true });
  });

  it('splits what is too large only for a client that can put it together', async () => {
    const large = Buffer.alloc(900_000, 'x');
    const first = await put(large);
    await put(large);
    await put(large);
    await stream.created({ startRevision: first });
    expect((await stream.next()).events).toHaveLength(3);
    await stream.created({ startRevision: first, fragment: true });
    const parts = [await stream.next(), await stream.next(), await stream.next()];
    expect(parts.map(({ fragment, events }) => [fragment, events.length])).toEqual([
      [true, 1],
      [true, 1],
      [false, 1],
    ]);
  });

  it('still delivers to a client that has nothing more to ask', async () => {
    await stream.created({});
    stream.halfClose();
    await put('after');
    expect((await stream.next()).events).toHaveLength(1);
  });

  it('does not slow others, nor fill memory, when its client does not read', async () => {
    const session = connect(`http://${served.address}`);
    const deaf = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.Watch/Watch',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const { hub } = served.member.server.watch;
    const before = hub.counts.watchers;
    deaf.write(
      framed(WatchCreateRequest.fromPartial({ key: Buffer.of(0), rangeEnd: Buffer.of(0) })),
    );
    while (hub.counts.watchers === before) await new Promise(setImmediate);
    await stream.created({});
    const large = Buffer.alloc(500_000, 'y');
    for (let at = 0; at < 40; at++) {
      await put(large);
      expect((await stream.next()).events).toHaveLength(1);
    }
    // It is at its place and waits; what it has not read is on disk and nowhere else.
    expect(hub.counts.slow).toBe(1);
    session.destroy();
  });

  it('serves 2,000 watchers on one stream, each exactly once', async () => {
    const watchers = 2_000;
    for (let at = 0; at < watchers; at++) void stream.create({});
    for (let at = 0; at < watchers; at++) expect((await stream.next()).created).toBe(true);
    await put('for all');
    const told = new Set<bigint>();
    for (let at = 0; at < watchers; at++) {
      const { events, watchId } = await stream.next();
      if (events.length !== 1) throw new Error('no event');
      told.add(watchId);
    }
    expect(told.size).toBe(watchers);
  });
});
