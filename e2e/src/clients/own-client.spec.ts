import {
  allKeys,
  Client,
  compare,
  exists,
  isMissing,
  prefix,
  put,
  SessionLostError,
} from '@etcd-ts/client';
import type { Session } from '@etcd-ts/client';
import { EtcdCluster, eventually } from '@etcd-ts/testkit';

/* The client library at a cluster of three, one of which is killed. */

let cluster: EtcdCluster;
let client: Client;
const endpoints = (): string[] => cluster.members.map((member) => member.endpoint);

beforeAll(async () => {
  cluster = await EtcdCluster.start({ flavour: 'ours', size: 3 });
  client = new Client({ endpoints: endpoints() });
});
afterAll(async () => {
  client.close();
  await cluster.dispose();
});
beforeEach(async () => {
  await client.kv.delete(allKeys());
});

describe('the client of this house', () => {
  it('reads, writes and decides', async () => {
    const first = await client.kv.txn().if(isMissing('a')).do(put('a', '1')).commit();
    const second = await client.kv.txn().if(exists('a')).do(put('a', '2')).commit();
    const third = await client.kv
      .txn()
      .if(compare('a').value.equals('1'))
      .do(put('a', '3'))
      .commit();
    expect([first.succeeded, second.succeeded, third.succeeded]).toEqual([true, true, false]);
    expect(String((await client.kv.get('a'))?.value)).toBe('2');
  });

  it('reads thousands of keys in pages of one revision, as a stream, and in a namespace', async () => {
    const app = client.namespace('app/');
    for (let i = 0; i < 25; i++) {
      const operations = Array.from({ length: 100 }, (_, j) => put(`k${i * 100 + j}`, 'v'));
      await app.kv
        .txn()
        .do(...operations)
        .commit();
    }
    await client.kv.put('other', 'x');
    let pages = 0;
    for await (const { key } of app.kv.entries(allKeys())) {
      expect(key.toString()).toMatch(/^k\d+$/u);
      // What is written meanwhile is not of this revision.
      if (pages++ === 500) await app.kv.put('k99999', 'late');
    }
    let streamed = 0;
    for await (const { kvs } of client.kv.stream(prefix('app/'))) streamed += kvs.length;
    expect([pages, streamed, await app.kv.count(allKeys())]).toEqual([2500, 2501, 2501]);
  });

  it('counts with software transactional memory, and loses nothing', async () => {
    await Promise.all(
      Array.from({ length: 8 }, () =>
        client.stm(async (transaction) => {
          const before = Number((await transaction.get('counter')) ?? 0);
          transaction.put('counter', String(before + 1));
          expect(String(await transaction.get('counter'))).toBe(String(before + 1));
        }),
      ),
    );
    expect(String((await client.kv.get('counter'))?.value)).toBe('8');
  });

  it('has locks, elections, transactions and namespaces within a namespace', async () => {
    const inner = client.namespace('outer/').namespace('inner/');
    const session = await inner.session({ ttlSeconds: 60 });
    const lock = session.lock('mutex');
    await lock.acquire();
    const election = session.election('office');
    await election.campaign('me');
    await inner.stm((transaction) => transaction.put('counter', '1'));
    const { kvs } = await client.kv.range(prefix('outer/'));
    const lease = session.lease.toString(16);
    expect(kvs.map(({ key }) => key.toString())).toEqual([
      'outer/inner/counter',
      `outer/inner/mutex/${lease}`,
      `outer/inner/office/${lease}`,
    ]);
    await session.close();
    expect(await client.kv.count(prefix('outer/'))).toBe(1);
  });

  it('lets one at a time into a lock', async () => {
    const sessions = await Promise.all([0, 1, 2].map(() => client.session({ ttlSeconds: 10 })));
    let inside = 0;
    const visit = async (session: Session): Promise<void> => {
      const lock = session.lock('mutex');
      await lock.acquire();
      expect(++inside).toBe(1);
      const { succeeded } = await client.kv.txn().if(lock.isHeld).do(put('guarded', '1')).commit();
      expect(succeeded).toBe(true);
      inside--;
      await lock.release();
    };
    await Promise.all(sessions.map(visit));
    const held = sessions[0]?.lock('mutex');
    await held?.acquire();
    expect(await sessions[1]?.lock('mutex').tryAcquire()).toBe(false);
    await Promise.all(sessions.map((session) => session.close()));
    expect(await client.kv.count(prefix('mutex/'))).toBe(0);
  });

  it('elects a leader, tells who it is, and elects the next', async () => {
    const [one, two] = await Promise.all([client.session(), client.session()]);
    const [first, second] = [one.election('office'), two.election('office')];
    await first.campaign('alice');
    const following = second.campaign('bob');
    const seen: string[] = [];
    for await (const { leader } of second.observe()) {
      seen.push(String(leader.value));
      if (seen.length === 1) await first.proclaim('alice again');
      if (seen.length === 2) await first.resign();
      if (seen.length === 3) break;
    }
    await following;
    expect(seen).toEqual(['alice', 'alice again', 'bob']);
    await expect(first.proclaim('too late')).rejects.toThrow('election: not leader');
    await Promise.all([one.close(), two.close()]);
  });

  it('tells a holder that the session is lost', async () => {
    const session = await client.session({ ttlSeconds: 5 });
    const lost = new Promise((resolve) => session.lost.addEventListener('abort', resolve));
    await client.lease.revoke(session.lease);
    await lost;
    expect(session.lost.reason).toBeInstanceOf(SessionLostError);
  });

  it('watches on without gap or repetition when a member is killed, and goes on writing', async () => {
    const watch = client.watch(prefix('w/'));
    await watch.created;
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { events } of watch) seen.push(...events.map(({ kv }) => String(kv?.key)));
    })();
    const written: string[] = [];
    const write = async (i: number): Promise<void> => {
      const key = `w/${String(i).padStart(3, '0')}`;
      // A put that may have arrived is not repeated by the client; one with a fresh key can be.
      await eventually(`${key} is written`, () =>
        client.kv.put(key, 'x').then(
          () => true,
          () => undefined,
        ),
      );
      written.push(key);
    };
    for (let i = 0; i < 20; i++) await write(i);
    await cluster.members[0]?.kill();
    for (let i = 20; i < 40; i++) await write(i);
    await cluster.members[0]?.start();
    await eventually('the last event', () => (seen.at(-1) === written.at(-1) ? true : undefined));
    watch.cancel();
    await watching;
    // Only a put that was repeated may have made two events.
    expect([...new Set(seen)]).toEqual(written);
  });
});
