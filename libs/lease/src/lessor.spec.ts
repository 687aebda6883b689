import { LeaseId, NO_LEASE } from '@etcd-ts/foundation';
import { EXPIRED_LEASE_RETRY_MS, Lessor, MAX_LEASE_TTL_SECONDS } from './lessor.js';
import { MemoryRecords } from './testing/memory-records.js';

const A = LeaseId(0x0aen);
const B = LeaseId(0x0ben);
const C = LeaseId(0x7fffffffffffffffn);
const MINUTE = 60_000;

function lessor(options: { checkpointIntervalMs?: number; store?: MemoryRecords } = {}): Lessor {
  return new Lessor({ minTtlSeconds: 2, store: new MemoryRecords(), ...options });
}

function primary(options: { checkpointIntervalMs?: number; store?: MemoryRecords } = {}): Lessor {
  const made = lessor(options);
  made.promote(0, 0);
  return made;
}

describe('granting', () => {
  test('a TTL below the minimum, and a negative one, becomes the minimum', () => {
    const leases = primary();
    expect(leases.grant(A, 1, 0)).toEqual({ kind: 'ok', ttl: 2 });
    expect(leases.grant(B, -7, 0)).toEqual({ kind: 'ok', ttl: 2 });
    expect(leases.grant(C, 3, 0)).toEqual({ kind: 'ok', ttl: 3 });
  });

  test('the largest TTL is 9,000,000,000 seconds', () => {
    const leases = primary();
    expect(leases.grant(A, MAX_LEASE_TTL_SECONDS + 1, 0)).toEqual({ kind: 'ttlTooLarge' });
    expect(leases.exists(A)).toBe(false);
    expect(leases.grant(A, MAX_LEASE_TTL_SECONDS, 5)).toEqual({ kind: 'ok', ttl: 9_000_000_000 });
    expect(leases.timeToLive(A, 5)?.remainingMs).toBe(9_000_000_000_000);
  });

  test('an existing id is refused and keeps its own TTL; a too large TTL is said first', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    expect(leases.grant(A, 20, 0)).toEqual({ kind: 'exists' });
    expect(leases.grant(A, MAX_LEASE_TTL_SECONDS + 1, 0)).toEqual({ kind: 'ttlTooLarge' });
    expect(leases.timeToLive(A, 0)?.grantedTtl).toBe(10);
  });

  test('lease 0 is not a lease', () => {
    expect(() => primary().grant(NO_LEASE, 10, 0)).toThrow('lease id of 0');
  });
});

describe('keys', () => {
  test('a revoked lease gives its keys in byte order and leaves nothing behind', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    for (const key of ['b', '\xff', 'a\0', 'a', '\0', 'b']) leases.attach(A, key);
    expect(leases.revoke(A)).toEqual({ kind: 'ok', keys: ['\0', 'a', 'a\0', 'b', '\xff'] });
    expect(leases.leaseOf('a')).toBe(NO_LEASE);
    expect(leases.revoke(A)).toEqual({ kind: 'notFound' });
    expect(leases.timeToLive(A, 0)).toBeUndefined();
  });

  test('a key attached to another lease leaves the first', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    leases.grant(B, 10, 0);
    leases.attach(A, 'k');
    leases.attach(B, 'k');
    leases.detach(A, 'k');
    expect(leases.leaseOf('k')).toBe(B);
    expect(leases.revoke(A)).toEqual({ kind: 'ok', keys: [] });
    expect(leases.revoke(B)).toEqual({ kind: 'ok', keys: ['k'] });
  });

  test('attaching to an unknown lease is a broken invariant', () => {
    expect(() => primary().attach(A, 'k')).toThrow('unknown lease');
  });
});

describe('expiry', () => {
  test('comes at the end of the TTL, not a moment earlier, counted from the last renewal', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    expect(leases.renew(A, 9_999)).toEqual({ kind: 'ok', ttl: 10, clearCheckpoint: false });
    expect(leases.expired(19_998, 10)).toEqual([]);
    expect(leases.expired(19_999, 10)).toEqual([A]);
  });

  test('an expired lease exists until it is revoked, but can no longer be renewed', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    expect(leases.renew(A, 10_000)).toEqual({ kind: 'expiring' });
    expect(leases.exists(A)).toBe(true);
    expect(leases.timeToLive(A, 11_000)?.remainingMs).toBe(0);
    leases.revoke(A);
    expect(leases.renew(A, 11_000)).toEqual({ kind: 'notFound' });
  });

  test('what becomes of an expired lease is told once: it was revoked, or this is no primary now', () => {
    const leases = primary();
    const told: string[] = [];
    for (const id of [A, B, C]) leases.grant(id, 10, 0);
    leases.awaitEnd(A, () => told.push('first of a'));
    leases.awaitEnd(A, () => told.push('second of a'));
    leases.awaitEnd(B, () => told.push('b'));
    const waitNoLonger = leases.awaitEnd(C, () => told.push('c'));
    leases.revoke(A);
    expect(told).toEqual(['first of a', 'second of a']);
    waitNoLonger();
    leases.demote();
    expect(told).toEqual(['first of a', 'second of a', 'b']);
    leases.demote();
    leases.revoke(B);
    expect(told).toHaveLength(3);
    // The lease that a lost revocation was for lives on under the next leader.
    leases.promote(20_000, 0);
    expect(leases.renew(C, 20_000)).toMatchObject({ kind: 'ok' });
  });

  test('what was handed out and is still there is handed out again after the retry interval', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    expect(leases.expired(10_000, 10)).toEqual([A]);
    expect(leases.expired(10_000 + EXPIRED_LEASE_RETRY_MS - 1, 10)).toEqual([]);
    expect(leases.expired(10_000 + EXPIRED_LEASE_RETRY_MS, 10)).toEqual([A]);
    leases.revoke(A);
    expect(leases.expired(MINUTE, 10)).toEqual([]);
  });

  test('no more than asked for are handed out, the longest expired first', () => {
    const leases = primary();
    leases.grant(A, 12, 0);
    leases.grant(B, 11, 0);
    leases.grant(C, 10, 0);
    expect(leases.expired(MINUTE, 2)).toEqual([C, B]);
    expect(leases.expired(MINUTE, 2)).toEqual([A]);
  });

  test('only a primary knows it', () => {
    const leases = lessor();
    leases.grant(A, 10, 0);
    expect(leases.renew(A, 1)).toEqual({ kind: 'notPrimary' });
    expect(leases.expired(MINUTE, 10)).toEqual([]);
    expect(leases.timeToLive(A, MINUTE)?.remainingMs).toBe(Infinity);
  });

  test('a new primary gives every lease its whole TTL and the extension', () => {
    const leases = primary();
    leases.grant(A, 10, 0);
    leases.demote();
    expect(leases.expired(MINUTE, 10)).toEqual([]);
    leases.promote(MINUTE, 1_000);
    expect(leases.expired(MINUTE + 10_999, 10)).toEqual([]);
    expect(leases.expired(MINUTE + 11_000, 10)).toEqual([A]);
  });

  test('the list is ordered by it', () => {
    const leases = primary();
    leases.grant(A, 30, 0);
    leases.grant(B, 20, 0);
    leases.grant(C, 25, 0);
    expect(leases.list()).toEqual([B, C, A]);
    leases.renew(B, 11_000);
    expect(leases.list()).toEqual([C, A, B]);
    leases.demote();
    expect(leases.list()).toEqual([A, B, C]);
  });
});

describe('restore', () => {
  test('reads the records; the keys come from the store afterwards', () => {
    const store = new MemoryRecords();
    const before = primary({ store });
    before.grant(A, 10, 0);
    before.grant(B, 20, 0);
    before.attach(A, 'k');
    before.revoke(B);

    const after = lessor({ store });
    after.restore();
    expect(after.list()).toEqual([A]);
    expect(after.leaseOf('k')).toBe(NO_LEASE);
    after.attach(A, 'k');
    after.promote(0, 0);
    expect(after.timeToLive(A, 0)).toEqual({ grantedTtl: 10, remainingMs: 10_000, keys: ['k'] });
  });

  test('on a running lessor forgets what the records do not have, and the primacy', () => {
    const store = new MemoryRecords();
    const leases = primary({ store });
    leases.grant(A, 10, 0);
    leases.attach(A, 'k');
    store.records.clear();
    store.save(B, 1, 0);
    leases.restore();
    expect(leases.isPrimary).toBe(false);
    expect(leases.list()).toEqual([B]);
    expect(leases.leaseOf('k')).toBe(NO_LEASE);
    expect(leases.timeToLive(B, 0)?.grantedTtl).toBe(2);
  });
});

describe('checkpoints', () => {
  test('a renewal that overtakes a checkpoint on its way has it cleared', () => {
    const leases = primary({ checkpointIntervalMs: 5 * MINUTE });
    leases.grant(A, 12 * 60, 0);
    expect(leases.checkpointsDue(5 * MINUTE, 10)).toEqual([{ id: A, remainingSeconds: 7 * 60 }]);
    // Proposed, and not applied yet: a leader elected now would know of it.
    expect(leases.renew(A, 5 * MINUTE)).toMatchObject({ clearCheckpoint: true });
    // What clears it is not applied yet, and may never be.
    expect(leases.renew(A, 5 * MINUTE)).toMatchObject({ clearCheckpoint: true });
    leases.checkpoint(A, 7 * 60);
    leases.checkpoint(A, 0);
    expect(leases.renew(A, 6 * MINUTE)).toMatchObject({ clearCheckpoint: false });
  });

  test('are due every interval for leases with more than an interval left', () => {
    const leases = primary({ checkpointIntervalMs: 5 * MINUTE });
    leases.grant(A, 12 * 60, 0);
    leases.grant(B, 5 * 60, 0);
    expect(leases.checkpointsDue(5 * MINUTE - 1, 10)).toEqual([]);
    expect(leases.checkpointsDue(5 * MINUTE, 10)).toEqual([{ id: A, remainingSeconds: 7 * 60 }]);
    expect(leases.checkpointsDue(5 * MINUTE, 10)).toEqual([]);
    expect(leases.checkpointsDue(10 * MINUTE, 10)).toEqual([{ id: A, remainingSeconds: 2 * 60 }]);
    expect(leases.checkpointsDue(MINUTE * 100, 10)).toEqual([]);
  });

  test('make the next primary go on from there, also after a restart, until a renewal is known', () => {
    const store = new MemoryRecords();
    const follower = lessor({ store, checkpointIntervalMs: 5 * MINUTE });
    follower.grant(A, 600, 0);
    expect(follower.checkpoint(A, 123)).toBe('ok');
    expect(follower.checkpoint(B, 123)).toBe('notFound');

    const restarted = lessor({ store, checkpointIntervalMs: 5 * MINUTE });
    restarted.restore();
    restarted.promote(0, 0);
    expect(restarted.timeToLive(A, 0)?.remainingMs).toBe(123_000);
    expect(restarted.renew(A, 0)).toEqual({ kind: 'ok', ttl: 600, clearCheckpoint: true });
    expect(restarted.timeToLive(A, 0)?.remainingMs).toBe(600_000);
    restarted.checkpoint(A, 0);
    expect(restarted.renew(A, 0)).toEqual({ kind: 'ok', ttl: 600, clearCheckpoint: false });
  });

  test('are off unless asked for, and stop with the lease or the primacy', () => {
    const off = primary();
    off.grant(A, 3600, 0);
    expect(off.checkpointsDue(10 * MINUTE, 10)).toEqual([]);

    const on = primary({ checkpointIntervalMs: 5 * MINUTE });
    on.grant(A, 3600, 0);
    on.grant(B, 3600, 0);
    on.revoke(A);
    expect(on.checkpointsDue(6 * MINUTE, 10).map(({ id }) => id)).toEqual([B]);
    on.demote();
    expect(on.checkpointsDue(60 * MINUTE, 10)).toEqual([]);
  });
});
