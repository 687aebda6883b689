import {
  ElectionDefinition,
  KVDefinition,
  LeaseDefinition,
  LockDefinition,
  PutRequest,
  RangeRequest,
} from '@etcd-ts/wire-protocol';

import { ServedMember } from '../testing/served-member.js';

const name = Buffer.from('name');
const underName = RangeRequest.create({
  key: Buffer.from('name/'),
  rangeEnd: Buffer.from('name0'),
});

describe('the lock and election services', () => {
  let served: ServedMember;

  beforeEach(async () => {
    served = await ServedMember.start();
    const leases = served.connection.service(LeaseDefinition);
    for (const ID of [10n, 11n, 12n]) await leases.leaseGrant({ ID, TTL: 600n });
  });
  afterEach(() => served.dispose());

  const lock = () => served.connection.service(LockDefinition);
  const election = () => served.connection.service(ElectionDefinition);
  const keys = async (): Promise<string[]> => {
    const { kvs } = await served.connection.service(KVDefinition).range(underName);
    return kvs.map(({ key }) => key.toString());
  };
  const untilKeys = async (count: number): Promise<void> => {
    while ((await keys()).length !== count) await new Promise(setImmediate);
  };

  it('hand a lock on in the order of asking, past a lease that has ended', async () => {
    const order: string[] = [];
    const ask = async (lease: bigint, at: number): Promise<unknown> => {
      const asked = lock()
        .lock({ name, lease })
        .then(
          ({ key }) => order.push(key.toString()),
          (error: unknown) => error,
        );
      await untilKeys(at);
      return asked;
    };
    await ask(10n, 1);
    const waiting = [ask(11n, 2)];
    await untilKeys(2);
    waiting.push(ask(12n, 3));
    await untilKeys(3);
    await served.connection.service(LeaseDefinition).leaseRevoke({ ID: 11n });
    await lock().unlock({ key: Buffer.from('name/a') });
    expect(await waiting[0]).toMatchObject({ code: 2, message: 'mutex: session is expired' });
    await waiting[1];
    expect(order).toEqual(['name/a', 'name/c']);
  });

  it('take back the place of a client that stopped waiting', async () => {
    await lock().lock({ name, lease: 10n });
    const impatience = new AbortController();
    const waiting = lock().lock({ name, lease: 11n }, { signal: impatience.signal });
    await untilKeys(2);
    impatience.abort();
    await expect(waiting).rejects.toMatchObject({ code: 1 });
    await untilKeys(1);
    expect(await keys()).toEqual(['name/a']);
  });

  it('answer with the revision of the key they put', async () => {
    const first = await lock().lock({ name, lease: 10n });
    await served.connection.service(KVDefinition).put(PutRequest.create({ key: name }));
    const { header } = await lock().lock({ name, lease: 10n });
    expect(header?.revision).toBe((first.header?.revision ?? 0n) + 1n);
    const { leader } = await election().campaign({
      name: Buffer.from('e'),
      lease: 10n,
      value: name,
    });
    expect(leader?.rev).toBe((header?.revision ?? 0n) + 1n);
  });

  it('refuse with code Unknown and the texts clients know', async () => {
    const unknown = (message: string) => ({ code: 2, message });
    const refused = (call: Promise<unknown>, message: string): Promise<void> =>
      expect(call).rejects.toMatchObject(unknown(message));
    await refused(lock().lock({ name, lease: 99n }), 'etcdserver: requested lease not found');
    await refused(lock().unlock({ key: Buffer.alloc(0) }), 'etcdserver: key is not provided');
    await refused(election().leader({ name }), 'election: no leader');
    const nobody = { leader: undefined };
    await refused(election().resign(nobody), '"leader" field must be provided');
    await refused(
      election().proclaim({ ...nobody, value: name }),
      '"leader" field must be provided',
    );
    const notLeader = { name, key: Buffer.from('name/a'), rev: 7n, lease: 10n };
    await refused(election().proclaim({ leader: notLeader, value: name }), 'election: not leader');
    const keyless = { ...notLeader, key: Buffer.alloc(0) };
    await refused(election().resign({ leader: keyless }), 'etcdserver: key is not provided');
  });

  it('show an observer every value of every leader', async () => {
    const observed = election().observe({ name })[Symbol.asyncIterator]();
    const next = observed.next();
    const value = (text: string): Buffer => Buffer.from(text);
    const { leader } = await election().campaign({ name, lease: 10n, value: value('1') });
    await election().proclaim({ leader, value: value('2') });
    // The same place again, with another value: a proclamation.
    await election().campaign({ name, lease: 10n, value: value('3') });
    const successor = election().campaign({ name, lease: 11n, value: value('4') });
    await untilKeys(2);
    await election().resign({ leader });
    await successor;
    const seen = [await next];
    while (seen.at(-1)?.value?.kv?.value.toString() !== '4') seen.push(await observed.next());
    const values = seen.map((response) => response.value?.kv?.value.toString());
    // What was before the observer's first look it does not see.
    expect(['1', '2', '3', '4'].slice(-values.length)).toEqual(values);
    const revisions = seen.map((response) => response.value?.header?.revision ?? 0n);
    expect([...revisions].sort((a, b) => Number(a - b))).toEqual(revisions);
    await observed.return?.();
  });
});
