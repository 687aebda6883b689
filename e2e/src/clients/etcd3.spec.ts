import { Etcd3, EtcdLeaseInvalidError, type IKeyValue, type Lease } from 'etcd3';

import { EtcdProcess, eventually } from '@etcd-ts/testkit';

let node: EtcdProcess;
let client: Etcd3;
const connect = (): Etcd3 => new Etcd3({ hosts: node.endpoint });
beforeAll(async () => {
  node = await EtcdProcess.start({ flavour: 'ours' });
  client = connect();
});
afterAll(async () => {
  client.close();
  await node.dispose();
});
beforeEach(async () => {
  await client.delete().all();
});

describe('the npm client etcd3: keys', () => {
  it('puts, gets, lists, sorts, limits, counts and deletes', async () => {
    for (const [key, value] of [
      ['a', '1'],
      ['b', '3'],
      ['c', '2'],
    ] as const) {
      await client.put(`n/${key}`).value(value);
    }
    expect(await client.get('n/a').string()).toBe('1');
    expect(await client.get('n/b').number()).toBe(3);
    expect(await client.get('missing').string()).toBeNull();
    expect(await client.get('n/a').exists()).toBe(true);
    expect(await client.getAll().prefix('n/').strings()).toEqual({
      'n/a': '1',
      'n/b': '3',
      'n/c': '2',
    });
    expect(await client.getAll().prefix('n/').sort('Value', 'Descend').keys()).toEqual([
      'n/b',
      'n/c',
      'n/a',
    ]);
    expect(await client.getAll().prefix('n/').limit(2).keys()).toHaveLength(2);
    expect(await client.getAll().prefix('n/').count()).toBe(3);
    const { deleted } = await client.delete().prefix('n/');
    expect(deleted).toBe('3');
    expect(await client.getAll().strings()).toEqual({});
  });

  it('reads old revisions, and gives the previous value of a put', async () => {
    const { header } = await client.put('k').value('old');
    const previous = await client.put('k').value('new').getPrevious();
    expect(previous?.value.toString()).toBe('old');
    expect(await client.get('k').revision(header.revision).string()).toBe('old');
  });

  it('compares and swaps in transactions', async () => {
    const swap = (expected: string, value: string): Promise<boolean> =>
      client
        .if('cas', 'Value', '==', expected)
        .then(client.put('cas').value(value))
        .else(client.get('cas'))
        .commit()
        .then(({ succeeded }) => succeeded);
    await client.put('cas').value('1');
    expect(await swap('1', '2')).toBe(true);
    expect(await swap('1', '3')).toBe(false);
    expect(await client.get('cas').string()).toBe('2');
  });

  it('keeps namespaces apart', async () => {
    const inside = client.namespace('inside/');
    await inside.put('key').value('value');
    expect(await client.get('inside/key').string()).toBe('value');
    expect(await inside.getAll().strings()).toEqual({ key: 'value' });
  });
});

describe('the npm client etcd3: watches', () => {
  it('tells puts and deletes of a prefix, in order', async () => {
    const watcher = await client.watch().prefix('w/').create();
    const seen: string[] = [];
    watcher.on('put', ({ key, value }: IKeyValue) =>
      seen.push(`put ${key.toString()} ${value.toString()}`),
    );
    watcher.on('delete', ({ key }: IKeyValue) => seen.push(`delete ${key.toString()}`));
    await client.put('w/a').value('1');
    await client.put('other').value('1');
    await client.put('w/a').value('2');
    await client.delete().key('w/a');
    await eventually('all events are told', () => (seen.length >= 3 ? true : undefined));
    expect(seen).toEqual(['put w/a 1', 'put w/a 2', 'delete w/a']);
    await watcher.cancel();
  });

  it('tells history from a revision on', async () => {
    const { header } = await client.put('h').value('1');
    await client.put('h').value('2');
    const watcher = await client.watch().key('h').startRevision(header.revision).create();
    const seen: string[] = [];
    watcher.on('put', ({ value }: IKeyValue) => seen.push(value.toString()));
    await eventually('both are told', () => (seen.length >= 2 ? true : undefined));
    expect(seen).toEqual(['1', '2']);
    await watcher.cancel();
  });
});

describe('the npm client etcd3: leases', () => {
  it('keeps keys while it keeps the lease alive, and drops them with it', async () => {
    const lease: Lease = client.lease(5);
    await lease.put('leased').value('1');
    expect(await client.get('leased').string()).toBe('1');
    await lease.keepaliveOnce();
    await lease.revoke();
    expect(await client.get('leased').string()).toBeNull();
    await expect(lease.put('leased').value('2')).rejects.toBeInstanceOf(EtcdLeaseInvalidError);
  });

  it('loses keys when the lease is left to expire', async () => {
    const lease = client.lease(1, { autoKeepAlive: false });
    await lease.put('fleeting').value('1');
    await eventually('the key expires', async () =>
      (await client.get('fleeting').string()) === null ? true : undefined,
    );
    lease.release();
  });
});

describe('the npm client etcd3: recipes', () => {
  it('locks out others until it unlocks', async () => {
    const lock = await client.lock('mutex').ttl(10).acquire();
    await expect(client.lock('mutex').acquire()).rejects.toThrow();
    await lock.release();
    const ran = await client.lock('mutex').do(() => Promise.resolve('ran'));
    expect(ran).toBe('ran');
  });

  it('elects one leader, then the next when it resigns', async () => {
    // A client each: etcd3 cancels its own watch stream when its last watcher goes, takes the
    // CANCELLED it then reads for a failed host, and closes the channel under its other calls.
    const [alice, bob, bystander] = [connect(), connect(), connect()];
    const first = alice.election('office', 5).campaign('alice');
    await new Promise<void>((resolve, reject) => first.on('elected', resolve).on('error', reject));
    const observer = await bystander.election('office').observe();
    expect(observer.leader()).toBe('alice');
    const second = bob.election('office', 5).campaign('bob');
    const elected = new Promise<void>((resolve, reject) =>
      second.on('elected', resolve).on('error', reject),
    );
    await first.resign();
    await elected;
    await eventually('the observer sees it', () =>
      observer.leader() === 'bob' ? true : undefined,
    );
    await second.resign();
    await observer.cancel();
    for (const each of [alice, bob, bystander]) each.close();
  });

  it('runs transactional memory: concurrent increments are not lost', async () => {
    await client.put('counter').value('0');
    const increment = (): Promise<unknown> =>
      client.stm({ retries: 50 }).transact(async (tx) => {
        const value = Number(await tx.get('counter').string());
        await tx.put('counter').value(value + 1);
      });
    await Promise.all(Array.from({ length: 10 }, increment));
    expect(await client.get('counter').number()).toBe(10);
  });
});
