import { renderDocument } from './document.js';
import type { Group } from './group.js';
import { growthPlots } from './growth-plots.js';
import { EMPTY_RECORD, merge, type Row } from './record.js';

const run = {
  ...{ day: '2026-01-02', command: 'npm run bench -- --only put', commit: '0123456789abcdef' },
  ...{ machine: ['2 x processor', 'node v20'], loadAverage: 0.25 },
};
const group = (name: string, title: string): Group => ({
  ...{ name, title, about: `About ${title}.`, minutes: () => 1, run: () => Promise.resolve([]) },
});
const GROUPS = [group('put', 'Puts'), group('growth', 'Growth')];

const NOTHING = { notes: '', last: '' };

const put: Row = {
  ...{ name: 'put, 1000 in flight', unit: 'requests/s' },
  ...{ reference: [20_000, 18_000], ours: [50_000, 54_000] },
  details: { 'p99 ms': { reference: [80, 90], ours: [40, 41] } },
};
const growth = (keys: number, clients: number): Row => ({
  ...{ name: `put, ${clients} clients, ${keys} keys`, unit: 'requests/s', at: { keys, clients } },
  ...{ reference: [1_000 * clients], ours: [2_000 * clients] },
  details: { 'p99 ms': { reference: [5], ours: [2] } },
});

describe('the document', () => {
  const record = merge(EMPTY_RECORD, 'put', [put], run);

  it('shows medians, ratios of rounds, their spread, details, the verdict, and how it was run', () => {
    const text = renderDocument(record, GROUPS, [], NOTHING).replaceAll(/ +/gu, ' ');
    expect(text).toContain(
      '| put, 1000 in flight (requests/s) | 19,000 | 52,000 | 2.75x | 2.50x-3.00x | 85.0 / 40.5 |',
    );
    expect(text).toContain('| put, 1000 in flight | at least 2.5 times | 2.75x | yes |');
    expect(text).toContain('- 2 x processor');
    expect(text).toContain(
      '- Run 1: `npm run bench -- --only put` on 2026-01-02 at commit 0123456789ab, load average before 0.3',
    );
  });

  it('has no section for what was not measured, and says of its targets that it was not', () => {
    const text = renderDocument(record, GROUPS, [], NOTHING);
    expect(text).toContain('## Puts');
    expect(text).not.toContain('## Growth');
    expect(text).toMatch(/start to ready +\| ours at most 1 +\| +\| not measured/u);
  });

  it('takes in the notes, and leaves the part that others write at its end', () => {
    const last = 'old text\n\n## A cluster of three under faults\n\nkept\n';
    const text = renderDocument(record, GROUPS, [], { notes: '# Notes\n\nWords.\n', last });
    expect(text.endsWith('\n\n## A cluster of three under faults\n\nkept\n')).toBe(true);
    expect(text).not.toContain('old text');
    expect(text).toContain('\n\nWords.\n\n## Puts');
    expect(renderDocument(record, GROUPS, [], { notes: 'Words.', last: text })).toBe(text);
  });

  it('shows growth as pictures, and as a table of clients', () => {
    const places = [10_000, 100_000].flatMap((keys) => [growth(keys, 1), growth(keys, 100)]);
    const rows = [...places, { ...put, name: 'RSS, 10000 keys', at: { keys: 10_000, clients: 0 } }];
    const plots = growthPlots(rows);
    expect(plots.map(({ file }) => file)).toEqual([
      ...['growth-by-clients.svg', 'growth-by-keys.svg', 'latency-by-clients.svg'],
    ]);
    const text = renderDocument(merge(record, 'growth', rows, run), GROUPS, plots, NOTHING);
    expect(text).toContain('](benchmarks/growth-by-keys.svg)');
    expect(text.replaceAll(/ +/gu, ' ')).toContain(
      '| put, 100,000 keys (requests/s) | 1,000 / 2,000 | 100,000 / 200,000 |',
    );
  });
});
