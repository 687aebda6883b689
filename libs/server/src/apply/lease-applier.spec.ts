import { LeaseGrantRequest } from '@etcd-ts/wire-protocol';
import { ReplicatedState } from '../fuzz/replicated-state.js';

describe('an entry that grants a lease', () => {
  it('has an outcome also without an id, which nobody proposes', async () => {
    const member = await ReplicatedState.open();
    const leaseGrant = LeaseGrantRequest.create({ ID: 0n, TTL: 60n });
    expect(member.apply({ leaseGrant }, 1)).toContain('requested lease not found');
  });
});
