import { EMPTY_RECORD, merge, type Row, type Run } from './record.js';

const run = (command: string): Run => ({
  ...{ day: '2026-01-02', command, commit: 'abc', machine: ['2 x processor'], loadAverage: 0.1 },
});
const row = (name: string, ours: number): Row => ({
  ...{ name, unit: 'requests/s', reference: [10], ours: [ours], details: {} },
});

describe('the record of all runs', () => {
  const first = merge(EMPTY_RECORD, 'put', [row('put, 1', 1), row('put, 100', 2)], run('all'));

  it('keeps what a run did not measure, and what other groups have', () => {
    const both = merge(first, 'range', [row('range, 1', 3)], run('--only range'));
    const again = merge(both, 'put', [row('put, 100', 20)], run('--only put'));
    const ours = Object.values(again.groups)
      .flat()
      .map((one) => [one.name, one.ours[0], again.runs[one.run]?.command]);
    expect(ours).toEqual([
      ['put, 1', 1, 'all'],
      ['put, 100', 20, '--only put'],
      ['range, 1', 3, '--only range'],
    ]);
  });

  it('shares a run between the groups of one call, and forgets it when nothing is from it', () => {
    const shared = merge(first, 'range', [row('range, 1', 3)], run('all'));
    expect(Object.keys(shared.runs)).toEqual(['1']);
    const rows = [row('put, 1', 5), row('put, 100', 6)];
    const replaced = merge(first, 'put', rows, run('later'));
    expect(Object.values(replaced.runs).map(({ command }) => command)).toEqual(['later']);
  });

  it('puts new rows behind the old ones, and does not change the record it was given', () => {
    const before = JSON.stringify(first);
    const more = merge(first, 'put', [row('put, 1000', 9), row('put, 1', 4)], run('more'));
    expect(more.groups['put']?.map(({ name }) => name)).toEqual([
      'put, 1',
      'put, 100',
      'put, 1000',
    ]);
    expect(JSON.stringify(first)).toBe(before);
  });
});
