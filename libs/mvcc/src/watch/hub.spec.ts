import { fromBinaryString, Revision, SeededRng } from '@etcd-ts/foundation';
import type { RevisionCommit } from '../watch-event.js';
import { WatchHub } from './hub.js';
import type { WatchSink } from './sink.js';
import { MemoryHistory } from './testing/memory-history.js';
import type { Watcher } from './watcher.js';

class RecordingSink implements WatchSink {
  readonly offers: {
    readonly watcher: Watcher;
    readonly commits: readonly RevisionCommit[];
    readonly upTo: number;
  }[] = [];
  readonly compactions: number[] = [];
  full = false;

  offer(watcher: Watcher, commits: readonly RevisionCommit[], upTo: Revision): boolean {
    if (!this.full) this.offers.push({ watcher, commits, upTo });
    return !this.full;
  }

  compacted(_watcher: Watcher, compactRevision: Revision): void {
    this.compactions.push(compactRevision);
  }

  get revisions(): number[] {
    return this.offers.flatMap(({ commits }) => commits.map(({ revision }) => revision));
  }
}

class Scene {
  readonly history = new MemoryHistory();
  readonly hub: WatchHub;
  catchUpCalls = 0;

  constructor(revisions = 0) {
    for (let i = 0; i < revisions; i++) this.history.append({ key: 'k', type: 'put' });
    this.hub = new WatchHub(this.history, { onCatchUpNeeded: () => this.catchUpCalls++ });
  }

  put(key = 'k'): RevisionCommit {
    const commit = this.history.append({ key, type: 'put' });
    this.hub.publish(commit);
    return commit;
  }

  watch(sink: WatchSink, startRevision = 0, key = 'k', rangeEnd = ''): Watcher {
    return this.hub.watch({
      key: fromBinaryString(key),
      rangeEnd: fromBinaryString(rangeEnd),
      startRevision,
      noPut: false,
      noDelete: false,
      sink,
    });
  }

  catchUp(budget = 1000): number {
    let steps = 1;
    while (this.hub.catchUpStep(budget)) steps++;
    return steps;
  }
}

describe('a slow watcher', () => {
  test('holds nothing but its position, and goes on from there without loss', () => {
    const scene = new Scene();
    const sink = new RecordingSink();
    const watcher = scene.watch(sink);
    sink.full = true;
    for (let i = 0; i < 5; i++) scene.put();
    expect(scene.hub.counts).toEqual({ watchers: 1, slow: 1, pending: 0 });
    expect(watcher.nextRevision).toBe(2);
    expect(scene.hub.progressOf(watcher)).toBeUndefined();
    sink.full = false;
    scene.hub.sinkDrained(sink);
    expect(sink.offers).toEqual([]);
    scene.catchUp();
    expect(sink.revisions).toEqual([2, 3, 4, 5, 6]);
    expect(scene.hub.progressOf(watcher)).toBe(6);
  });

  test('does not hold up others, not even those of the same key', () => {
    const scene = new Scene();
    const [slow, fast] = [new RecordingSink(), new RecordingSink()];
    scene.watch(slow);
    scene.watch(fast);
    slow.full = true;
    scene.put();
    scene.put();
    expect(fast.revisions).toEqual([2, 3]);
  });

  test('that is refused again while it catches up loses nothing either', () => {
    const scene = new Scene();
    const sink = new RecordingSink();
    scene.watch(sink);
    sink.full = true;
    scene.put();
    for (let i = 0; i < 3; i++) {
      scene.hub.sinkDrained(sink);
      scene.catchUp();
      scene.put();
      expect(scene.hub.counts.slow).toBe(1);
    }
    sink.full = false;
    scene.hub.sinkDrained(sink);
    scene.catchUp();
    expect(sink.revisions).toEqual([2, 3, 4, 5]);
  });

  test('overtaken by compaction is told so, and only then', () => {
    const scene = new Scene();
    const sink = new RecordingSink();
    scene.watch(sink);
    sink.full = true;
    for (let i = 0; i < 5; i++) scene.put();
    scene.history.compactRevision = Revision(4);
    sink.full = false;
    scene.hub.sinkDrained(sink);
    scene.catchUp();
    expect(sink.compactions).toEqual([4]);
    expect(sink.offers).toEqual([]);
    expect(scene.hub.counts.watchers).toBe(0);
  });
});

describe('starting', () => {
  test('at the compact revision is accepted, below it is not', () => {
    const scene = new Scene(9);
    scene.history.compactRevision = Revision(5);
    const [at, below] = [new RecordingSink(), new RecordingSink()];
    scene.watch(at, 5);
    const lost = scene.watch(below, 4);
    expect(below.compactions).toEqual([]);
    scene.catchUp();
    expect(at.revisions).toEqual([5, 6, 7, 8, 9, 10]);
    expect(below.compactions).toEqual([5]);
    expect(lost.cancelled).toBe(true);
  });

  test('in the future gives nothing earlier and no progress before', () => {
    const scene = new Scene();
    const sink = new RecordingSink();
    const watcher = scene.watch(sink, 5);
    for (let revision = 2; revision <= 6; revision++) {
      expect(scene.hub.progressOf(watcher)).toBe(revision > 5 ? revision - 1 : undefined);
      scene.put();
    }
    expect(sink.revisions).toEqual([5, 6]);
  });

  test('from now has progress at once', () => {
    const scene = new Scene(3);
    expect(scene.hub.progressOf(scene.watch(new RecordingSink()))).toBe(4);
  });
});

describe('progress', () => {
  test('does not overtake what is being offered', () => {
    const scene = new Scene();
    const seen: (number | undefined)[] = [];
    const sink: WatchSink = {
      offer: (watcher) => {
        seen.push(scene.hub.progressOf(watcher));
        return true;
      },
      compacted: () => undefined,
    };
    const watcher = scene.watch(sink);
    scene.put();
    expect(seen).toEqual([1]);
    expect(scene.hub.progressOf(watcher)).toBe(2);
  });

  test('is nothing the store can move before the commit is published', () => {
    const scene = new Scene();
    const watcher = scene.watch(new RecordingSink());
    scene.history.append({ key: 'k', type: 'put' });
    expect(scene.hub.progressOf(watcher)).toBe(1);
    expect(watcher.nextRevision).toBe(2);
  });
});

describe('a snapshot in the place of the history', () => {
  test('leaves every position: no event twice, none missing, none early', () => {
    const scene = new Scene(3);
    const [now, future, beyond] = [new RecordingSink(), new RecordingSink(), new RecordingSink()];
    scene.watch(now);
    scene.watch(future, 7);
    scene.watch(beyond, 50);
    scene.put();
    for (let i = 0; i < 4; i++) scene.history.append({ key: 'k', type: 'put' });
    scene.hub.historyReplaced();
    scene.catchUp();
    scene.put();
    expect(now.revisions).toEqual([5, 6, 7, 8, 9, 10]);
    expect(future.revisions).toEqual([7, 8, 9, 10]);
    expect(beyond.revisions).toEqual([]);
  });

  test('whose history does not reach back to a watcher cancels it', () => {
    const scene = new Scene(3);
    const sink = new RecordingSink();
    scene.watch(sink);
    for (let i = 0; i < 9; i++) scene.history.append({ key: 'k', type: 'put' });
    scene.history.compactRevision = Revision(10);
    scene.hub.historyReplaced();
    scene.catchUp();
    expect(sink.compactions).toEqual([10]);
  });
});

describe('offers', () => {
  test('hold whole revisions, at most 1000 of them', () => {
    const scene = new Scene(2500);
    const sink = new RecordingSink();
    scene.watch(sink, 1);
    scene.catchUp(1_000_000);
    expect(sink.offers.map(({ commits }) => commits.length)).toEqual([999, 1000, 501]);
  });

  test('of one event are one object for all who get it', () => {
    const scene = new Scene();
    const sinks = Array.from({ length: 3 }, () => new RecordingSink());
    for (const sink of sinks) scene.watch(sink);
    const changes = [
      { key: 'j', type: 'put' },
      { key: 'k', type: 'put' },
    ] as const;
    scene.hub.publish(scene.history.append(...changes));
    scene.put();
    for (const at of [0, 1]) {
      const [first, ...others] = sinks.map((sink) => sink.offers[at]?.commits[0]);
      for (const other of others) expect(other).toBe(first);
    }
  });

  test('left empty by the filters are not made, but the position moves', () => {
    const scene = new Scene();
    const sink = new RecordingSink();
    const key = fromBinaryString('k');
    const rangeEnd = fromBinaryString('');
    const options = { key, rangeEnd, startRevision: 0, noPut: true, noDelete: false, sink };
    const watcher = scene.hub.watch(options);
    scene.put();
    expect(watcher.nextRevision).toBe(3);
    scene.hub.publish(scene.history.append({ key: 'k', type: 'delete' }));
    expect(sink.revisions).toEqual([3]);
  });

  test('stop at once when a sink cancels, whoever it cancels', () => {
    const scene = new Scene();
    const watchers: Watcher[] = [];
    let offers = 0;
    const sink: WatchSink = {
      offer: () => {
        offers++;
        for (const watcher of watchers) scene.hub.cancel(watcher);
        return false;
      },
      compacted: () => undefined,
    };
    for (let i = 0; i < 3; i++) watchers.push(scene.watch(sink));
    scene.put();
    expect(offers).toBe(1);
    expect(scene.hub.counts).toEqual({ watchers: 0, slow: 0, pending: 0 });
  });
});

describe('catching up', () => {
  test('reads history a few times, however many positions there are', () => {
    const scene = new Scene(20_000);
    const rng = new SeededRng(3);
    const sinks = Array.from({ length: 60 }, () => new RecordingSink());
    const starts = sinks.map((sink) => scene.watch(sink, 2 + rng.below(20_000)).startRevision);
    scene.catchUp();
    expect(scene.history.revisionsRead).toBeLessThan(8 * 20_000);
    sinks.forEach((sink, i) => expect(sink.revisions.length).toBe(20_002 - (starts[i] ?? 0)));
  });

  test('of a storm of watchers takes few steps, in whatever order they come', () => {
    for (const order of [1, -1]) {
      const scene = new Scene(5000);
      const sink = new RecordingSink();
      for (let i = 0; i < 4000; i++) scene.watch(sink, 2500 + order * (i - 2000), 'j');
      expect(scene.catchUp()).toBeLessThan(60);
    }
  });

  test('of one that is near does not wait for one that is far behind', () => {
    const scene = new Scene(20_000);
    const [far, near] = [new RecordingSink(), new RecordingSink()];
    scene.watch(far, 2);
    const watcher = scene.watch(near, 19_995);
    for (let steps = 0; scene.hub.progressOf(watcher) === undefined; steps++) {
      expect(steps).toBeLessThan(5);
      scene.hub.catchUpStep(1000);
    }
    expect(near.revisions).toHaveLength(7);
  });

  test('of thousands ends although a commit comes between any two steps', () => {
    const scene = new Scene(10);
    const sink = new RecordingSink();
    const watchers = Array.from({ length: 3000 }, (_, i) => scene.watch(sink, 2 + (i % 10)));
    for (let steps = 0; scene.hub.counts.pending > 0; steps++) {
      expect(steps).toBeLessThan(60);
      scene.hub.catchUpStep(1000);
      scene.put('other');
    }
    for (const watcher of watchers) {
      expect(scene.hub.progressOf(watcher)).toBe(scene.history.currentRevision);
    }
  });

  test('is asked for when there is something to do, and not again meanwhile', () => {
    const scene = new Scene(10);
    scene.watch(new RecordingSink(), 5);
    scene.watch(new RecordingSink(), 2);
    expect(scene.catchUpCalls).toBe(1);
    scene.catchUp();
    expect(scene.hub.catchUpStep(1)).toBe(false);
    scene.watch(new RecordingSink(), 5);
    expect(scene.catchUpCalls).toBe(2);
  });
});

test('a gap between commits is a broken invariant', () => {
  const scene = new Scene();
  scene.history.append({ key: 'k', type: 'put' });
  const second = scene.history.append({ key: 'k', type: 'put' });
  expect(() => scene.hub.publish(second)).toThrow('without a gap');
});
