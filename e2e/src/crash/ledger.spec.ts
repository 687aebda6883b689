import { Ledger, type HistoryStep } from './ledger.js';
import { Violation } from './violation.js';

/** A ledger with two acknowledged puts, at 2 and 3, and one without an answer. */
function ledgerWithThreePuts(): Ledger {
  const ledger = new Ledger();
  for (const [key, revision] of [
    ['a', 2],
    ['b', 3],
  ] as const) {
    const attempt = ledger.begin(`put ${key}`, [{ key, value: '1' }]);
    ledger.acknowledge(attempt, revision);
  }
  ledger.begin('put c', [{ key: 'c', value: '1' }]);
  return ledger;
}

const put = (revision: number, ...keys: string[]): HistoryStep => ({
  revision,
  writes: keys.map((key) => ({ key, value: '1' })),
});

describe('the ledger of a crash test', () => {
  it('accepts a history in which the unanswered write happened, or did not', () => {
    const without = ledgerWithThreePuts();
    without.check([put(2, 'a'), put(3, 'b')], 3);
    expect(without.survived).toBe(0);
    const withIt = ledgerWithThreePuts();
    withIt.check([put(2, 'a'), put(3, 'b'), put(4, 'c')], 4);
    expect(withIt.survived).toBe(1);
    expect([...withIt.state.keys()]).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, HistoryStep[], number]>([
    ['an acknowledged write that is gone', [put(2, 'a')], 3],
    ['a last acknowledged write that is gone', [put(2, 'a')], 2],
    ['acknowledged writes in another place', [put(2, 'b'), put(3, 'a')], 3],
    ['a write that happened twice', [put(2, 'a'), put(3, 'b'), put(4, 'c'), put(5, 'c')], 5],
    ['a write nobody asked for', [put(2, 'a'), put(3, 'b'), put(4, 'd')], 4],
    ['two requests at one revision', [put(2, 'a', 'b')], 2],
    ['a gap in history', [put(2, 'a'), put(4, 'b')], 4],
    ['a revision without events', [put(2, 'a'), put(3, 'b')], 4],
    ['events beyond the revision', [put(2, 'a'), put(3, 'b'), put(4, 'c')], 3],
  ])('rejects %s', (_what, history, revision) => {
    const ledger = ledgerWithThreePuts();
    expect(() => ledger.check(history, revision)).toThrow(Violation);
  });

  it('rejects half a transaction, and a dead write that shows up after another crash', () => {
    const half = new Ledger();
    half.begin('txn', [
      { key: 'a', value: '1' },
      { key: 'b', value: '1' },
    ]);
    expect(() => half.check([put(2, 'a')], 2)).toThrow(Violation);
    const late = ledgerWithThreePuts();
    late.check([put(2, 'a'), put(3, 'b')], 3);
    expect(() => late.check([put(4, 'c')], 4)).toThrow(Violation);
  });
});
