import { fromBinaryString, Revision } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { WatchHub } from './hub.js';
import { CheckingSink, filtered } from './testing/checking-sink.js';
import type { Interest } from './testing/checking-sink.js';
import { MemoryHistory } from './testing/memory-history.js';
import type { Change } from './testing/memory-history.js';
import type { Watcher } from './watcher.js';

const SINKS = 3;

type Reaction = 'cancelSelf' | 'cancelAny' | 'watch' | 'drainOther';

type Step =
  | { readonly kind: 'commit'; readonly changes: readonly Change[] }
  | {
      readonly kind: 'watch';
      readonly sink: number;
      readonly interest: Interest;
      readonly offset: number | undefined;
    }
  | { readonly kind: 'cancel'; readonly at: number }
  | { readonly kind: 'room'; readonly sink: number; readonly offers: number }
  | { readonly kind: 'compact'; readonly back: number }
  | { readonly kind: 'replace'; readonly revisions: number; readonly compactBack: number }
  | { readonly kind: 'step'; readonly budget: number; readonly maxRead: number }
  | { readonly kind: 'react'; readonly sink: number; readonly how: Reaction; readonly at: number };

const interest: fc.Arbitrary<Interest> = fc
  .record({
    range: fc.constantFrom(['a', ''], ['b', ''], ['c', ''], ['a', 'c'], ['b', '\0'], ['\0', '\0']),
    noPut: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    noDelete: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  })
  .map(({ range: [key = '', rangeEnd = ''], noPut, noDelete }) => ({
    key,
    rangeEnd,
    noPut,
    noDelete,
  }));
const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  type: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
});
const changes = fc.uniqueArray(change, {
  minLength: 1,
  maxLength: 3,
  selector: ({ key }) => key,
});
const sink = fc.nat(SINKS - 1);
const kind = <K extends Step['kind']>(name: K) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: kind('commit'), changes }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('watch'),
      sink,
      interest,
      offset: fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('cancel'), at: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('room'), sink, offers: fc.constantFrom(0, 1, 2, 50) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('compact'), back: fc.nat(12) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind('replace'),
      revisions: fc.nat(8),
      compactBack: fc.nat(20),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('step'),
      budget: fc.integer({ min: 1, max: 12 }),
      maxRead: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('react'),
      sink,
      how: fc.constantFrom<Reaction>('cancelSelf', 'cancelAny', 'watch', 'drainOther'),
      at: fc.nat(),
    }),
  },
);

class Comparison {
  readonly #history = new MemoryHistory();
  readonly #sinks = Array.from({ length: SINKS }, () => new CheckingSink(this.#history));
  #catchUpAsked = false;
  readonly #hub = new WatchHub(this.#history, {
    onCatchUpNeeded: () => {
      expect(this.#catchUpAsked).toBe(false);
      this.#catchUpAsked = true;
    },
  });

  run(action: Step): void {
    this.#apply(action);
    this.#check();
  }

  /** With room everywhere all watchers must come to have all they want. */
  finish(): void {
    for (let i = 0; i < SINKS; i++) {
      this.#sinkAt(i).onOffer = undefined;
      this.#makeRoom(i, Infinity);
    }
    this.#history.maxRead = 7;
    for (let steps = 0; this.#step(5); steps++) expect(steps).toBeLessThan(2000);
    const current = this.#history.currentRevision;
    for (const each of this.#sinks) {
      for (const [watcher, { interest: wanted, next }] of each.expected) {
        expect(filtered(this.#history, wanted, next, current).length).toBe(0);
        expect(watcher.nextRevision).toBeGreaterThan(current);
        const reached = watcher.startRevision <= current;
        expect(this.#hub.progressOf(watcher)).toBe(reached ? current : undefined);
      }
    }
    expect(this.#hub.counts).toMatchObject({ slow: 0, pending: 0 });
  }

  #check(): void {
    let watchers = 0;
    for (const each of this.#sinks) {
      for (const [watcher, { interest: wanted, next }] of each.expected) {
        watchers++;
        // Whatever lies between the last offer and the position was not wanted by it.
        const position = watcher.nextRevision;
        const passed = filtered(this.#history, wanted, next, position - 1);
        const progress = this.#hub.progressOf(watcher) ?? position - 1;
        if (position < next || passed.length > 0 || progress !== position - 1) {
          throw new Error(`at ${position}, progress ${progress}, but delivered to ${next}`);
        }
      }
    }
    const counts = this.#hub.counts;
    expect(counts.watchers).toBe(watchers);
    if (counts.pending > 0) expect(this.#catchUpAsked).toBe(true);
  }

  #apply(action: Step): void {
    const history = this.#history;
    switch (action.kind) {
      case 'commit':
        return this.#hub.publish(history.append(...action.changes));
      case 'watch':
        this.#watch(action.sink, action.interest, action.offset);
        return;
      case 'cancel':
        return this.#cancel(this.#any(action.at));
      case 'room':
        return this.#makeRoom(action.sink, action.offers);
      case 'compact':
        return this.#compact(action.back);
      case 'replace':
        for (let i = 0; i < action.revisions; i++) history.append({ key: 'b', type: 'put' });
        this.#compact(action.compactBack);
        return this.#hub.historyReplaced();
      case 'step':
        history.maxRead = action.maxRead;
        this.#step(action.budget);
        return;
      case 'react':
        this.#sinkAt(action.sink).onOffer = (self) => this.#react(self, action);
    }
  }

  #react(self: Watcher, { how, at }: { how: Reaction; at: number }): void {
    const wanted = { key: '\0', rangeEnd: '\0', noPut: false, noDelete: false };
    if (how === 'cancelSelf') this.#cancel(self);
    else if (how === 'cancelAny') this.#cancel(this.#any(at));
    else if (how === 'watch') this.#watch(at % SINKS, wanted, (at % 9) - 7);
    else this.#makeRoom(at % SINKS, 3);
  }

  #step(budget: number): boolean {
    const more = this.#hub.catchUpStep(budget);
    this.#catchUpAsked = more;
    return more;
  }

  #watch(at: number, wanted: Interest, offset: number | undefined): void {
    const owner = this.#sinkAt(at);
    const current = this.#history.currentRevision;
    const startRevision = offset === undefined ? 0 : Math.max(1, current + offset);
    const watcher = this.#hub.watch({
      key: fromBinaryString(wanted.key),
      rangeEnd: fromBinaryString(wanted.rangeEnd),
      startRevision,
      noPut: wanted.noPut,
      noDelete: wanted.noDelete,
      sink: owner,
    });
    const next = startRevision === 0 ? current + 1 : startRevision;
    owner.expected.set(watcher, { interest: wanted, next });
    expect(watcher.nextRevision).toBe(next);
  }

  #cancel(watcher: Watcher | undefined): void {
    if (watcher === undefined) return;
    for (const each of this.#sinks) each.expected.delete(watcher);
    this.#hub.cancel(watcher);
    this.#hub.cancel(watcher);
    expect(this.#hub.progressOf(watcher)).toBeUndefined();
  }

  #makeRoom(at: number, offers: number): void {
    const chosen = this.#sinkAt(at);
    chosen.room = offers;
    if (!chosen.refused || offers === 0) return;
    chosen.refused = false;
    this.#hub.sinkDrained(chosen);
  }

  #compact(back: number): void {
    const at = this.#history.currentRevision - back;
    if (at > this.#history.compactRevision) this.#history.compactRevision = Revision(at);
  }

  #any(at: number): Watcher | undefined {
    const all = this.#sinks.flatMap((each) => [...each.expected.keys()]);
    return all[at % Math.max(1, all.length)];
  }

  #sinkAt(at: number): CheckingSink {
    return this.#sinks[at] as CheckingSink;
  }
}

test('each watcher gets exactly what it wants of history from its start on, whatever else happens', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const comparison = new Comparison();
      for (const action of steps) comparison.run(action);
      comparison.finish();
    }),
    { numRuns: 150 },
  );
});
