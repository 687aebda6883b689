import { ERRORS } from '@etcd-ts/wire-protocol';
import { LeaseId } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import { ManualTime } from '@etcd-ts/manual-time';

import { MemberFixture, memberConfig, sample } from './testing/member-fixture.js';
import type { OpenedMember } from './testing/member-fixture.js';
import { compact, get, grant, put } from './testing/requests.js';

const fixture = new MemberFixture();
afterEach(() => fixture.close());
async function start(
  time: ManualTime,
  directory: string,
  changes: Partial<ServerConfig> = {},
): Promise<OpenedMember> {
  const world = { clock: time, scheduler: time };
  const opened = await fixture.open(memberConfig(directory, changes), world);
  await opened.member.ready;
  return opened;
}

describe('with its own time, a member', () => {
  it('needs none of it to become ready, to write and to read', async () => {
    const time = new ManualTime();
    const { member } = await start(time, fixture.directory());
    await put(member.server, 'a', '1');
    expect(await get(member.server, 'a')).toBe('1');
    expect(time.monotonicMs()).toBe(0);
  });

  it('leaves no timer behind when it stops', async () => {
    const time = new ManualTime();
    const { member } = await start(time, fixture.directory(), {
      autoCompaction: { mode: 'periodic', retentionMs: 1000 },
    });
    expect(time.timers).toBeGreaterThan(3);
    await member.stop();
    expect(time.timers).toBe(0);
  });

  it('revokes a lease, and its keys, when its time is over and not before', async () => {
    const time = new ManualTime();
    const { member, metrics } = await start(time, fixture.directory());
    const id = await grant(member.server, 10);
    await put(member.server, 'a', '1', id);
    await time.advance(6000);
    expect(await member.server.leases.renew(LeaseId(id))).toBe(10);
    await time.advance(9900);
    expect(await get(member.server, 'a')).toBe('1');
    await time.advance(700);
    // Behind the revocation in the log.
    await put(member.server, 'b', '1');
    expect(await get(member.server, 'a')).toBeUndefined();
    expect(await member.server.leases.list()).toEqual([]);
    expect(await sample(metrics, 'etcd_debugging_server_lease_expired_total')).toBe(1);
    expect(await sample(metrics, 'etcd_debugging_lease_revoked_total')).toBe(1);
    await expect(member.server.leases.renew(LeaseId(id))).rejects.toThrow(
      ERRORS.LeaseNotFound.message,
    );
  });

  it('says that a lease is gone when its revocation is applied, not when its time is over', async () => {
    const time = new ManualTime();
    const { member } = await start(time, fixture.directory());
    const id = await grant(member.server, 10);
    await time.advance(250);
    expect(await member.server.leases.renew(LeaseId(id))).toBe(10);
    // Expired leases are looked for every half second.
    await time.advance(10_100);
    let answered = false;
    const renewal = member.server.leases.renew(LeaseId(id)).finally(() => (answered = true));
    const refused = expect(renewal).rejects.toThrow(ERRORS.LeaseNotFound.message);
    for (const value of ['1', '2', '3']) await put(member.server, 'a', value);
    expect(answered).toBe(false);
    expect((await member.server.leases.list()).map(BigInt)).toEqual([BigInt(id)]);
    await time.advance(500);
    await refused;
    expect(await member.server.leases.list()).toEqual([]);
  });

  it('gives a lease its whole time again, and an election more, after a restart', async () => {
    const time = new ManualTime();
    const directory = fixture.directory();
    const first = await start(time, directory);
    const id = await grant(first.member.server, 10);
    await put(first.member.server, 'a', '1', id);
    await time.advance(8000);
    await first.member.stop();
    await time.advance(3_600_000);
    const { member } = await start(time, directory);
    await time.advance(10_900);
    expect(await get(member.server, 'a')).toBe('1');
    await time.advance(700);
    await put(member.server, 'b', '1');
    expect(await get(member.server, 'a')).toBeUndefined();
  });

  it('goes on with a compaction after a restart, and gives the space back', async () => {
    const directory = fixture.directory();
    const first = await start(new ManualTime(), directory, {
      compactionBatchLimit: 10,
      backendBatchIntervalMs: 5,
    });
    for (let i = 0; i < 100; i++) await put(first.member.server, `k${i}`, Buffer.alloc(10_000, 1));
    for (let i = 0; i < 100; i++) await put(first.member.server, `k${i}`, 'small');
    // Its time stands still, so that only the first step is done when the member stops.
    const compacting = compact(first.member.server, 201);
    await put(first.member.server, 'other', 'x');
    await first.member.stop();
    await expect(compacting).rejects.toThrow(ERRORS.Stopped.message);

    const time = new ManualTime();
    const { member, lines, metrics } = await start(time, directory, { compactionBatchLimit: 10 });
    const finished = () => lines.some(({ message }) => message === 'reclaimed backend space');
    for (let i = 0; i < 200 && !finished(); i++) {
      await time.advance(100);
      // The space is given back behind an fsync, which takes real time.
      await put(member.server, 'other', `${i}`);
    }
    expect(finished()).toBe(true);
    expect(
      await sample(metrics, 'etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count'),
    ).toBe(1);
    expect((await member.server.maintenance.status()).dbSize).toBeLessThan(500_000n);
    await expect(get(member.server, 'k1', { revision: 200n })).rejects.toThrow(
      ERRORS.Compacted.message,
    );
  });

  it('compacts to the revision of one period ago', async () => {
    const time = new ManualTime();
    const { member } = await start(time, fixture.directory(), {
      autoCompaction: { mode: 'periodic', retentionMs: 60_000 },
    });
    for (let i = 0; i < 5; i++) await put(member.server, 'a', `${i}`);
    await time.advance(60_000);
    await put(member.server, 'a', 'x');
    expect(await get(member.server, 'a', { revision: 2n })).toBe('0');
    await time.advance(72_000);
    await put(member.server, 'a', 'x');
    await expect(get(member.server, 'a', { revision: 5n })).rejects.toThrow(
      ERRORS.Compacted.message,
    );
    expect(await get(member.server, 'a', { revision: 7n })).toBe('x');
  });
});
