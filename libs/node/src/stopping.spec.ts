import {
  KVDefinition,
  LeaseDefinition,
  LockDefinition,
  PutRequest,
  RangeRequest,
  WatchCreateRequest,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';

import { TestNode } from './testing/test-node.js';

const STOPPED = { code: 14, message: 'etcdserver: server stopped' };
/** Less than the node waits for those who do not end by themselves. */
const AT_ONCE_MS = 5000;
const name = Buffer.from('lock');

/** How a stream ends. */
const endOf = async (responses: AsyncIterable<unknown>): Promise<unknown> => {
  try {
    for await (const response of responses) void response;
    return 'OK';
  } catch (error) {
    return error;
  }
};

describe('a node that stops', () => {
  let test: TestNode;

  beforeEach(async () => {
    test = await TestNode.start();
  });
  afterEach(() => test.dispose());

  it('ends watches and keep-alives at once, and says why', async () => {
    const watch = test.connection.service(WatchDefinition).watch();
    const created = watch[Symbol.asyncIterator]();
    await watch.write({
      requestUnion: { $case: 'createRequest', value: WatchCreateRequest.create({ key: name }) },
    });
    await created.next();
    const keepAlive = test.connection.service(LeaseDefinition).leaseKeepAlive();
    const renewals = keepAlive[Symbol.asyncIterator]();
    await keepAlive.write({ ID: 1n });
    await renewals.next();
    const ends = [created, renewals].map((rest) => endOf({ [Symbol.asyncIterator]: () => rest }));
    const startedMs = performance.now();
    await test.node.stop();
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
    for (const end of ends) expect(await end).toMatchObject(STOPPED);
  });

  it('ends the wait for a lock at once, too', async () => {
    const lock = test.connection.service(LockDefinition);
    await lock.lock({ name, lease: 0n });
    const waiting = lock.lock({ name, lease: 0n }).catch((error: unknown) => error);
    while ((await keysUnder(test)) < 2n);
    const startedMs = performance.now();
    await test.node.stop();
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
    expect(await waiting).toMatchObject(STOPPED);
  });

  it('lets requests under way have their answers', async () => {
    const kv = test.connection.service(KVDefinition);
    await kv.put(PutRequest.create({ key: name }));
    const puts = Array.from({ length: 100 }, (_, at) =>
      kv.put(PutRequest.create({ key: Buffer.from(`key ${at}`) })).then(
        () => 'OK',
        (error: { code: number }) => error.code,
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await test.node.stop();
    const outcomes = await Promise.all(puts);
    // What came too late was refused by the transport; nothing was begun and left.
    expect(outcomes.filter((outcome) => outcome !== 'OK' && outcome !== 14)).toEqual([]);
  });

  it('takes its faces down when the member fails, and then tells the reason', async () => {
    const failure = new Error('the disk is gone');
    // A fault in what applies an entry, as good as any other.
    const fail = (): never => {
      throw failure;
    };
    const sink = { offer: fail, compacted: fail };
    const interest = { key: name, rangeEnd: Buffer.alloc(0), noPut: false, noDelete: false };
    test.node.server.watch.hub.watch({ ...interest, startRevision: 0, sink });
    const watchEnd = endOf(test.connection.service(WatchDefinition).watch());
    const kv = test.connection.service(KVDefinition);
    const put = (): Promise<unknown> =>
      kv.put(PutRequest.create({ key: name }), { timeoutMs: 5000 });
    await expect(put()).rejects.toMatchObject(STOPPED);
    expect(await test.node.stopped).toBe(failure);
    expect(await watchEnd).toMatchObject({ code: 14 });
    await expect(put()).rejects.toMatchObject({ code: 14 });
  });
});

async function keysUnder(test: TestNode): Promise<bigint> {
  const { count } = await test.node.server.keyValues.range(
    RangeRequest.create({ key: name, rangeEnd: Buffer.from('locl'), countOnly: true }),
  );
  return count;
}
