import { LeaseId } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';

import { Leases } from './leases.js';
import type { LeasesParts } from './leases.js';

const LEASE = LeaseId(7n);

/** A leader whose lease has a checkpoint on record; what it proposes is applied when the test says so. */
function setUp() {
  const settle: { applied: () => void; lost: (error: Error) => void }[] = [];
  // Only what a renewal asks for: the whole of a member would decide itself when things are applied.
  const parts = {
    clock: new ManualTime(),
    metrics: { lease: { renewed: { inc: () => undefined } } },
    lessor: { renew: () => ({ kind: 'ok', ttl: 600, clearCheckpoint: true }) },
    consensus: {
      linearizable: () => Promise.resolve(),
      propose: () =>
        new Promise<void>((applied, lost) => {
          settle.push({ applied: () => applied(), lost });
        }),
    },
  } as object as LeasesParts;
  const caller = {} as ConstructorParameters<typeof Leases>[1];
  return { leases: new Leases(parts, caller), settle };
}

describe('renewing a lease with a checkpoint', () => {
  it('promises nothing before a new leader would know of it', async () => {
    const { leases, settle } = setUp();
    let promised: number | undefined;
    const renewal = leases.renewHere(LEASE).then((ttl) => (promised = ttl));
    await new Promise((turn) => setImmediate(turn));
    expect(settle).toHaveLength(1);
    expect(promised).toBeUndefined();
    settle[0]?.applied();
    await renewal;
    expect(promised).toBe(600);
  });

  it('fails if that is lost', async () => {
    const { leases, settle } = setUp();
    const renewal = leases.renewHere(LEASE);
    await new Promise((turn) => setImmediate(turn));
    settle[0]?.lost(new Error('lost'));
    await expect(renewal).rejects.toThrow('lost');
  });
});
