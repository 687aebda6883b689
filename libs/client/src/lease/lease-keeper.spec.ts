import { ERRORS } from '@etcd-ts/wire-protocol';
import { Client } from '../client.js';
import type { LeaseHandlers } from '../testing/fake-member.js';
import { FakeMember, HEADER } from '../testing/fake-member.js';

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function clientOf(
  leaseKeepAlive: NonNullable<LeaseHandlers['leaseKeepAlive']>,
): Promise<Client> {
  const member = await FakeMember.start({ lease: { leaseKeepAlive } });
  const client = new Client({ endpoints: [member.endpoint] });
  cleanups.push(
    () => member.stop(),
    () => client.close(),
  );
  return client;
}

describe('a lease that is kept alive', () => {
  it('is renewed again and again, for as long as it is', async () => {
    let renewals = 0;
    const client = await clientOf(async (incoming, _call, out) => {
      for await (const { ID } of incoming) {
        out.write({ header: HEADER, ID, TTL: ++renewals < 3 ? 1n : 0n });
      }
    });
    const keeper = client.lease.keepAlive(7n, 1);
    const seen: bigint[] = [];
    for await (const { TTL } of keeper) seen.push(TTL);
    expect(seen).toEqual([1n, 1n]);
    await expect(keeper.ended).resolves.toBe('lost');
  });

  it('is renewed on another stream when one ends', async () => {
    let streams = 0;
    const client = await clientOf(async (incoming, _call, out) => {
      streams++;
      for await (const { ID } of incoming) {
        if (streams === 1) throw ERRORS.Stopped.error();
        out.write({ header: HEADER, ID, TTL: 0n });
      }
    });
    await expect(client.lease.keepAlive(7n, 5).ended).resolves.toBe('lost');
    expect(streams).toBe(2);
  });

  it('is given up when nobody answers for its whole time', async () => {
    const client = await clientOf(async (incoming) => {
      for await (const request of incoming) void request;
    });
    await expect(client.lease.keepAlive(7n, 1).ended).resolves.toBe('lost');
  });

  it('is let go when its owner stops', async () => {
    const client = await clientOf(async (incoming, _call, out) => {
      for await (const { ID } of incoming) out.write({ header: HEADER, ID, TTL: 60n });
    });
    const stop = new AbortController();
    const keeper = client.lease.keepAlive(7n, 60, stop.signal);
    for await (const { ID } of keeper) {
      expect(ID).toBe(7n);
      stop.abort();
    }
    await expect(keeper.ended).resolves.toBe('stopped');
  });

  it('tells why a server refuses', async () => {
    const client = await clientOf(async () => {
      throw ERRORS.PermissionDenied.error();
    });
    const refused = client.lease.keepAlive(7n, 60).ended;
    await expect(refused).rejects.toMatchObject({ message: ERRORS.PermissionDenied.message });
  });
});
