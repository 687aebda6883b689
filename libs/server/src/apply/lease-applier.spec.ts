import { LeaseGrantRequest } from '@etcd-ts/wire-protocol';
import { ReplicatedState } from '../fuzz/replicated-state.js';

describe('an entry that grants a lease', () => {
  it('has an outcome also without an id, which nobody proposes', async () => {
    const member = await ReplicatedState.open();
    const leaseGrant = LeaseGrantRequest.create({ ID: 0n, TTL: 60n });
    expect(member.apply({ leaseGrant }, 1)).toContain('requested lease not found');
  });
});

describe('an entry that says how long a lease has to live', () => {
  it('is applied also when it says more than a lease can', async () => {
    const member = await ReplicatedState.open();
    member.apply({ leaseGrant: LeaseGrantRequest.create({ ID: 7n, TTL: 60n }) }, 1);
    for (const [at, remainingTTL] of [2n ** 63n - 1n, -(2n ** 63n)].entries()) {
      const checkpoints = [{ ID: 7n, remainingTTL }];
      expect(member.apply({ leaseCheckpoint: { checkpoints } }, 2 + at)).toContain('Checkpoint');
    }
  });
});
