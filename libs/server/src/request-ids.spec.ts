import { MemberId } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';

import { RequestIds } from './request-ids.js';

const START_MS = 0x18a_1234_5678;
const MEMBER = MemberId(0x8e9e05c52164694dn);

describe('request ids', () => {
  it('are laid out as etcd: two bytes of the member, five of the start time, one counting', () => {
    const ids = new RequestIds(MEMBER, new ManualTime(START_MS));
    const time = BigInt(START_MS) & 0xff_ffff_ffffn;
    expect(ids.next()).toBe((0x694dn << 48n) | (time << 8n) | 1n);
  });

  it('differ between members, and between lives of one', () => {
    const seen = new Set<bigint>();
    for (const [member, startMs] of [
      [MEMBER, START_MS],
      [MEMBER, START_MS + 10],
      [MemberId(1n), START_MS],
    ] as const) {
      const ids = new RequestIds(member, new ManualTime(startMs));
      for (let i = 0; i < 2000; i++) seen.add(ids.next());
    }
    expect(seen.size).toBe(6000);
  });

  it('make lease ids that are positive as signed numbers', () => {
    const ids = new RequestIds(MemberId(0xffffn), new ManualTime(START_MS));
    for (let i = 0; i < 10; i++) {
      const id = ids.nextLeaseId();
      expect(id).toBeGreaterThan(0n);
      expect(BigInt.asIntN(64, id)).toBe(id);
    }
  });
});
