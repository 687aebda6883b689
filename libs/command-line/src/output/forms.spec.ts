import { humanBytes } from './human-bytes.js';
import { renderTable } from './table.js';

describe('sizes', () => {
  it.each([
    [0n, '0 B'],
    [9n, '9 B'],
    [999n, '999 B'],
    [1000n, '1.0 kB'],
    [20480n, '20 kB'],
    [1548288n, '1.5 MB'],
    [2147483648n, '2.1 GB'],
    [99_500_000n, '100 MB'],
  ])('%s', (bytes, text) => {
    expect(humanBytes(bytes)).toBe(text);
  });
});

describe('a table', () => {
  it('is a box with its titles in the middle and its cells to the right', () => {
    const table = { header: ['id', 'long title'], rows: [['12345', 'x']] };
    expect(renderTable(table)).toBe(
      [
        '┌───────┬────────────┐',
        '│  ID   │ LONG TITLE │',
        '├───────┼────────────┤',
        '│ 12345 │          x │',
        '└───────┴────────────┘',
        '',
      ].join('\n'),
    );
  });
});
