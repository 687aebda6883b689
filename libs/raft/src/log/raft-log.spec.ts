import { RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import type { Entry } from '../types.js';
import { MemoryLog } from './memory-log.js';
import { RaftLog } from './raft-log.js';

const SCENARIOS = 400;
const STEPS = 80;

function entriesFrom(first: number, terms: readonly number[]): Entry[] {
  return terms.map((term, i) => ({
    type: 'normal',
    term: Term(term),
    index: RaftIndex(first + i),
    data: Buffer.from(`${term}:${first + i}`),
  }));
}

/** A log as one array of terms, with one counter per boundary. Index i is at position i - 1. */
class NaiveLog {
  terms: number[] = [];
  durable: number[] = [];
  committed = 0;

  maybeAppend(previous: number, previousTerm: number, terms: readonly number[]): boolean {
    if (previous > this.terms.length || (this.terms[previous - 1] ?? 0) !== previousTerm)
      return false;
    terms.forEach((term, i) => {
      const at = previous + i;
      if (this.terms[at] !== term) this.terms = [...this.terms.slice(0, at), term];
    });
    return true;
  }
}

/** Cheaper than expect() by far, in loops that run a hundred thousand times. */
function same<T>(what: string, got: T, wanted: T): void {
  if (got !== wanted) throw new Error(`${what}: ${String(got)}, not ${String(wanted)}`);
}

/** One write on its way, and what the disk holds once it is done. */
interface Write {
  readonly entries: readonly Entry[];
}

class Scenario {
  readonly #rng: SeededRng;
  readonly #disk = new MemoryLog();
  readonly #log = new RaftLog(this.#disk, RaftIndex(0), RaftIndex(0));
  readonly #naive = new NaiveLog();
  readonly #writes: Write[] = [];
  #term = 1;

  constructor(seed: number) {
    this.#rng = new SeededRng(seed);
  }

  run(): void {
    for (let i = 0; i < STEPS; i++) {
      this.#step();
      this.#compare();
    }
  }

  #step(): void {
    const die = this.#rng.below(10);
    if (die < 4) this.#append();
    else if (die < 6) this.#take();
    else if (die < 8) this.#persist();
    else if (die < 9) this.#commit();
    else this.#apply();
  }

  /** What a leader may send: never against what is committed, terms not falling. */
  #append(): void {
    if (this.#rng.below(3) === 0) this.#term++;
    const { terms, committed } = this.#naive;
    const previous = committed + this.#rng.below(terms.length - committed + 2);
    const previousTerm = this.#rng.below(8) === 0 ? this.#term : (terms[previous - 1] ?? 0);
    const next = Array.from({ length: this.#rng.below(4) }, (_, i) =>
      this.#rng.below(2) === 0 ? (terms[previous + i] ?? this.#term) : this.#term,
    );
    const sent = entriesFrom(previous + 1, next);
    const got = this.#log.maybeAppend(RaftIndex(previous), Term(previousTerm), sent);
    const fits = this.#naive.maybeAppend(previous, previousTerm, next);
    same<number | undefined>('append', got, fits ? previous + next.length : undefined);
  }

  #take(): void {
    const entries = this.#log.unstable.takeEntries(Term(this.#term));
    if (entries.length > 0) this.#writes.push({ entries });
  }

  #persist(): void {
    const write = this.#writes.shift();
    const last = write?.entries[write.entries.length - 1];
    if (write === undefined || last === undefined) return;
    const first = write.entries[0] as Entry;
    this.#naive.durable = [
      ...this.#naive.durable.slice(0, first.index - 1),
      ...write.entries.map((entry) => entry.term),
    ];
    this.#disk.append(write.entries);
    this.#log.unstable.persisted(last.index, last.term);
  }

  #commit(): void {
    const { terms, committed } = this.#naive;
    this.#naive.committed = committed + this.#rng.below(terms.length - committed + 1);
    this.#log.commitTo(this.#naive.committed);
  }

  #apply(): void {
    const before = this.#log.applying;
    const entries = this.#log.takeCommitted(1 + this.#rng.below(100));
    entries.forEach((entry, i) => same('applied index', Number(entry.index), before + 1 + i));
    this.#log.appliedTo(this.#log.applying);
  }

  #compare(): void {
    const { terms, durable, committed } = this.#naive;
    const log = this.#log;
    same('last index', Number(log.lastIndex), terms.length);
    same('commit', Number(log.committed), committed);
    same('terms', terms.map((_, i) => log.term(i + 1)).join(), terms.join());
    const lo = 1 + this.#rng.below(terms.length + 1);
    const slice = log.slice(lo, terms.length + 1, Infinity);
    const got = typeof slice === 'string' ? slice : slice.map((entry) => entry.term).join();
    same('slice', got, terms.slice(lo - 1).join());
    // The one that matters: what raft calls durable is on the disk, as it is in the log.
    const { stableIndex } = log;
    same('disk', durable.slice(0, stableIndex).join(), terms.slice(0, stableIndex).join());
    same('applying within bounds', log.applying <= Math.min(stableIndex, committed), true);
  }
}

describe('RaftLog', () => {
  it('is one array of entries, whatever is stable, in flight or overwritten', () => {
    for (let seed = 1; seed <= SCENARIOS; seed++) {
      try {
        new Scenario(seed).run();
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  });

  it('does not take the ack of an overwritten write for one of the same index and term since', () => {
    const log = new RaftLog(new MemoryLog(), RaftIndex(0), RaftIndex(0));
    const write = (terms: readonly number[]): void => {
      log.maybeAppend(RaftIndex(0), Term(0), entriesFrom(1, terms));
      log.unstable.takeEntries(Term(9));
    };
    write([2]);
    write([3]);
    write([2]);
    log.unstable.persisted(RaftIndex(1), Term(2));
    expect(log.stableIndex).toBe(0);
    log.unstable.persisted(RaftIndex(1), Term(3));
    expect(log.stableIndex).toBe(0);
    log.unstable.persisted(RaftIndex(1), Term(2));
    expect(log.stableIndex).toBe(1);
  });

  it('takes the still valid beginning of an overwritten write for durable', () => {
    const log = new RaftLog(new MemoryLog(), RaftIndex(0), RaftIndex(0));
    log.maybeAppend(RaftIndex(0), Term(0), entriesFrom(1, [1, 1, 1]));
    log.unstable.takeEntries(Term(1));
    log.maybeAppend(RaftIndex(1), Term(1), entriesFrom(2, [2]));
    log.unstable.persisted(RaftIndex(3), Term(1));
    expect(log.stableIndex).toBe(1);
  });

  it('ignores an ack of what was never handed out', () => {
    const log = new RaftLog(new MemoryLog(), RaftIndex(0), RaftIndex(0));
    log.append(entriesFrom(1, [1]));
    expect(log.unstable.persisted(RaftIndex(1), Term(1))).toBeUndefined();
    expect(log.stableIndex).toBe(0);
  });

  it('stops rather than replace a committed entry', () => {
    const log = new RaftLog(new MemoryLog(), RaftIndex(0), RaftIndex(0));
    log.append(entriesFrom(1, [1]));
    log.commitTo(1);
    const replace = (): unknown => log.maybeAppend(RaftIndex(0), Term(0), entriesFrom(1, [2]));
    expect(replace).toThrow('conflicts with a committed one');
  });

  it('hands out a pending snapshot before any entry after it', () => {
    const disk = new MemoryLog();
    const log = new RaftLog(disk, RaftIndex(0), RaftIndex(0));
    const confState = {
      voters: [],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    const snapshot = {
      data: Buffer.alloc(0),
      metadata: { confState, index: RaftIndex(5), term: Term(2) },
    };
    log.restore(snapshot);
    log.maybeAppend(RaftIndex(5), Term(2), entriesFrom(6, [2]));
    log.commitTo(6);
    expect(log.unstable.takeSnapshot()).toBe(snapshot);
    log.unstable.takeEntries(Term(2));
    expect(log.takeCommitted(Infinity)).toEqual([]);
    disk.applySnapshot(snapshot);
    disk.append(entriesFrom(6, [2]));
    expect(log.snapshotPersisted(RaftIndex(5))).toBe(true);
    log.unstable.persisted(RaftIndex(6), Term(2));
    expect(log.takeCommitted(Infinity).map((entry) => entry.index)).toEqual([6]);
  });

  it('cuts slices by size but never to nothing', () => {
    const log = new RaftLog(new MemoryLog(), RaftIndex(0), RaftIndex(0));
    log.append(entriesFrom(1, [1, 1, 1]));
    expect(log.slice(1, 4, 0)).toHaveLength(1);
    expect(log.slice(1, 4, 60)).toHaveLength(2);
    expect(log.slice(1, 4, Infinity)).toHaveLength(3);
  });

  it('commits at start what is applied, even if the hard state has not recorded it', () => {
    const disk = new MemoryLog();
    disk.append(entriesFrom(1, [1, 1, 1]));
    const log = new RaftLog(disk, RaftIndex(1), RaftIndex(2));
    expect([log.committed, log.applied]).toEqual([2, 2]);
  });
});
