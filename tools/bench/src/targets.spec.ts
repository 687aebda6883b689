import { EMPTY_RECORD, merge, type BenchRecord, type Row } from './record.js';
import { judge, type Target } from './targets.js';

const run = { day: '', command: '', commit: '', machine: [], loadAverage: 0 };

function recordOf(row: Pick<Row, 'ours' | 'reference'>, details: Row['details'] = {}): BenchRecord {
  return merge(EMPTY_RECORD, 'group', [{ name: 'work', unit: 's', details, ...row }], run);
}

describe('a target', () => {
  const target = (rule: Target['rule'], detail?: string): Target => ({
    ...{ work: 'work', group: 'group', row: 'work', rule },
    ...(detail === undefined ? {} : { detail }),
  });
  const rounds = { reference: [10, 10, 20], ours: [25, 40, 50] };

  it('is judged by the median of the ratios within the rounds', () => {
    const record = recordOf(rounds);
    const atLeast = judge(record, target({ kind: 'ratioAtLeast', value: 2.5 }));
    expect([atLeast.value, atLeast.isMet]).toEqual([2.5, true]);
    expect(judge(record, target({ kind: 'ratioAtLeast', value: 2.6 })).isMet).toBe(false);
    expect(judge(record, target({ kind: 'ratioAtMost', value: 2.5 })).isMet).toBe(true);
    expect(judge(record, target({ kind: 'ratioAtMost', value: 2 })).isMet).toBe(false);
  });

  it('may be about our own figure, or about a detail of the row', () => {
    const record = recordOf(rounds, { 'p99 ms': { reference: [4], ours: [3] } });
    expect(judge(record, target({ kind: 'oursAtMost', value: 40 })).isMet).toBe(true);
    expect(judge(record, target({ kind: 'ratioAtMost', value: 1 }, 'p99 ms'))).toMatchObject({
      ...{ value: 0.75, isMet: true },
    });
  });

  it('that nobody has measured is neither met nor missed', () => {
    const rule = { kind: 'ratioAtLeast', value: 1 } as const;
    expect(judge(EMPTY_RECORD, target(rule)).isMet).toBeUndefined();
    expect(judge(recordOf(rounds), target(rule, 'p50 ms')).isMet).toBeUndefined();
  });
});
