import { SeededRng } from '@etcd-ts/foundation';

import { checkKeys, REGISTER_MODEL } from './key-model.js';
import type { RegisterInput, RegisterOutput, RegisterValue } from './key-model.js';
import { checkLinearizable } from './linearizability.js';
import type { Interval } from './linearizability.js';
import { honestRun } from './testing/honest-run.js';
import { happening, historyOf, kv, lostPut, ok, put, read } from './testing/story.js';
import { RegisterWorkload } from './workload/registers.js';

type Step = Interval<RegisterInput, RegisterOutput>;

const value = (text: string): RegisterValue => ({ kind: 'present', value: text });
const write = (text: string, invokedAt: number, returnedAt: number): Step => ({
  input: { write: value(text) },
  output: {},
  invokedAt,
  returnedAt,
});
const lost = (text: string, invokedAt: number): Step => ({
  input: { write: value(text) },
  output: undefined,
  invokedAt,
  returnedAt: Infinity,
});
const see = (text: string | undefined, invokedAt: number, returnedAt: number): Step => ({
  input: {},
  output: { before: text === undefined ? { kind: 'absent' } : value(text) },
  invokedAt,
  returnedAt,
});

describe('the search for a linearization of a register', () => {
  it.each<[string, Step[]]>([
    ['nothing', []],
    [
      'reads before, during and after a write',
      [
        see(undefined, 1, 2),
        write('x', 3, 8),
        see(undefined, 4, 5),
        see('x', 6, 7),
        see('x', 9, 10),
      ],
    ],
    ['a lost write that shows up late', [lost('x', 1), see(undefined, 2, 3), see('x', 4, 5)]],
    ['a lost write that never does', [lost('x', 1), see(undefined, 2, 3)]],
    [
      'writes that overlap, in either order',
      [write('x', 1, 9), write('y', 2, 8), see('y', 10, 11), see('y', 12, 13)],
    ],
  ])('finds one: %s', (_what, steps) => {
    expect(checkLinearizable(REGISTER_MODEL, steps).kind).toBe('ok');
  });

  it.each<[string, Step[]]>([
    ['a stale read', [write('x', 1, 2), write('y', 3, 4), see('x', 5, 6)]],
    ['a value nobody wrote', [write('x', 1, 2), see('z', 3, 4)]],
    ['a read from the future', [see('x', 1, 2), write('x', 3, 4)]],
    [
      'reads that go back, beside a write',
      [write('x', 1, 9), see('x', 2, 3), see(undefined, 4, 5)],
    ],
    [
      'a lost write that happens, unhappens and happens',
      [lost('x', 1), see('x', 2, 3), write('y', 4, 5), see('y', 6, 7), see('x', 8, 9)],
    ],
  ])('finds none: %s', (_what, steps) => {
    expect(checkLinearizable(REGISTER_MODEL, steps).kind).toBe('violation');
  });

  it('names the operations it got stuck at', () => {
    const verdict = checkLinearizable(REGISTER_MODEL, [
      write('x', 1, 2),
      write('y', 3, 4),
      see('x', 5, 6),
    ]);
    expect(verdict).toEqual({ kind: 'violation', stuck: [2] });
  });

  it('agrees with trying all orders', () => {
    const counts = { ok: 0, violation: 0 };
    for (let seed = 1; seed <= 3000; seed++) {
      const steps = randomSteps(new SeededRng(seed));
      const expected = someOrderFits(steps, { kind: 'absent' }) ? 'ok' : 'violation';
      expect(`${seed} ${checkLinearizable(REGISTER_MODEL, steps).kind}`).toBe(
        `${seed} ${expected}`,
      );
      counts[expected]++;
    }
    expect(Math.min(counts.ok, counts.violation)).toBeGreaterThan(300);
  });

  it('gives up when its budget is spent', () => {
    const steps = Array.from({ length: 14 }, (_, i) => write(`${i}`, i, 100 + i));
    const impossible = [...steps, see('nothing of it', 200, 201)];
    expect(checkLinearizable(REGISTER_MODEL, impossible, { maxSteps: 1000 }).kind).toBe('unknown');
  });
});

describe('the check key by key', () => {
  it('passes an honest store under registers', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new SeededRng(seed);
      const workload = new RegisterWorkload({ keys: 4 });
      const { history } = honestRun({
        rng,
        workload,
        operations: 300,
        clients: 5,
        lostPerHundred: 4,
      });
      expect(checkKeys(history).kind).toBe('ok');
    }
  });

  it('finds a stale read whatever its revisions say, and names the key', () => {
    const stale = read('b', [5, 6], 99, kv('b', '1', 98));
    const verdict = checkKeys(historyOf(put('a', '1', [1, 2], 2), put('b', '2', [3, 4], 3), stale));
    expect(verdict).toMatchObject({ violation: { rule: 'not-linearizable' } });
  });

  it('judges keys apart: order between them is not its business', () => {
    const history = historyOf(
      lostPut('a', '1', 1),
      put('b', '1', [2, 3], 2),
      read('a', [4, 5], 2, undefined),
    );
    expect(checkKeys(history).kind).toBe('ok');
  });

  it('does not pretend to understand what spans keys', () => {
    const spanning = happening(
      { kind: 'deleteRange', key: 'a', rangeEnd: 'b' },
      [1, 2],
      ok(2, { kind: 'deleteRange', deleted: 1 }),
    );
    expect(checkKeys(historyOf(spanning)).kind).toBe('unknown');
  });
});

function randomSteps(rng: SeededRng): Step[] {
  return Array.from({ length: 6 }, () => {
    const from = rng.below(20);
    const to = from + 1 + rng.below(8) + 0.5;
    const text = `${rng.below(3)}`;
    const kind = rng.below(6);
    if (kind < 2) return write(text, from, to);
    if (kind === 2) return lost(text, from);
    if (kind === 3) {
      const input = { write: value(text), expected: value(`${rng.below(3)}`) };
      return { input, output: { swapped: rng.below(2) === 0 }, invokedAt: from, returnedAt: to };
    }
    return see(rng.below(4) === 0 ? undefined : text, from, to);
  });
}

function someOrderFits(left: readonly Step[], state: RegisterValue): boolean {
  if (left.every(({ returnedAt }) => returnedAt === Infinity)) return true;
  const firstReturn = Math.min(...left.map(({ returnedAt }) => returnedAt));
  return left.some((step) => {
    if (step.invokedAt > firstReturn) return false;
    const after = REGISTER_MODEL.step(state, step.input, step.output);
    return (
      after !== undefined &&
      someOrderFits(
        left.filter((other) => other !== step),
        after,
      )
    );
  });
}
