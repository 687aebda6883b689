import { planOf } from './plan.js';
import type { Plan } from './plan.js';

function plans(count: number, options = {}): readonly Plan[] {
  return Array.from({ length: count }, (_, i) => planOf(i + 1, options));
}

describe('plans', () => {
  it('are made from their seed alone', () => {
    expect(planOf(4711)).toEqual(planOf(4711));
    expect(planOf(4711)).not.toEqual(planOf(4712));
  });

  it('of many seeds concentrate on everything there is, and have every kind of fault', () => {
    const many = plans(300);
    expect(new Set(many.map(({ profile }) => profile)).size).toBe(9);
    expect(new Set(many.flatMap(({ faults }) => faults.map(({ kind }) => kind))).size).toBe(15);
    expect(new Set(many.map(({ members }) => members))).toEqual(new Set([1, 2, 3, 5, 7]));
    expect(many.some(({ administerEveryMs }) => administerEveryMs > 0)).toBe(true);
    expect(many.some(({ lulls }) => lulls !== undefined)).toBe(true);
  });

  it('concentrate on one thing if asked to', () => {
    const profiles = plans(20, { profile: 'membership', members: 5 });
    expect(new Set(profiles.map(({ profile }) => profile))).toEqual(new Set(['membership']));
    expect(new Set(profiles.map(({ members }) => members))).toEqual(new Set([5]));
    expect(() => planOf(1, { profile: 'luck' })).toThrow('no profile is called luck');
  });

  it('leave the cluster alone at the beginning and at the end', () => {
    for (const { faults, durationMs } of plans(50, { durationMs: 20_000 })) {
      for (const { atMs } of faults) {
        expect(atMs).toBeGreaterThan(2000);
        expect(atMs).toBeLessThanOrEqual(durationMs - 5000);
      }
    }
  });
});
