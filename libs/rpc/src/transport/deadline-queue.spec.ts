import { ManualTime } from '@etcd-ts/manual-time';
import * as fc from 'fast-check';
import { DeadlineQueue } from './deadline-queue.js';
import type { DeadlineSlot, Expiring } from './deadline-queue.js';

const SLACK_MS = 10;

class Call implements Expiring {
  expiredMs: number | undefined;
  readonly #time: ManualTime;

  constructor(time: ManualTime) {
    this.#time = time;
  }

  expire(): void {
    expect(this.expiredMs).toBeUndefined();
    this.expiredMs = this.#time.monotonicMs();
  }
}

interface Entry {
  readonly call: Call;
  readonly slot: DeadlineSlot;
  readonly dueMs: number;
  removed: boolean;
}

describe('a queue of deadlines', () => {
  it('expires each call that is still there, once and in time, and no other', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), ms: fc.nat(5_000) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(2_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const time = new ManualTime();
        const queue = new DeadlineQueue(time, time);
        const entries: Entry[] = [];
        for (const one of steps) {
          if (one.kind === 'add') {
            const call = new Call(time);
            const dueMs = time.monotonicMs() + one.ms;
            entries.push({ call, slot: queue.add(call, one.ms), dueMs, removed: false });
          } else if (one.kind === 'remove') {
            const entry = entries[one.at];
            if (entry === undefined) continue;
            queue.remove(entry.call, entry.slot);
            entry.removed = entry.call.expiredMs === undefined;
          } else {
            time.pass(one.ms);
          }
        }
        time.pass(10_000);
        for (const { call, dueMs, removed } of entries) {
          if (removed) expect(call.expiredMs).toBeUndefined();
          else expect(Math.abs((call.expiredMs ?? 0) - dueMs)).toBeLessThanOrEqual(SLACK_MS);
        }
        expect(time.timers).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('takes deadlines beyond what a timer can', () => {
    const time = new ManualTime();
    const queue = new DeadlineQueue(time, time);
    const call = new Call(time);
    queue.add(call, 99_999_999 * 3_600_000);
    time.pass(2 ** 32);
    expect(call.expiredMs).toBeUndefined();
    expect(time.timers).toBe(1);
    queue.stop();
    expect(time.timers).toBe(0);
  });
});
