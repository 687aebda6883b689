import {
  fromBinaryString,
  NO_LEASE,
  Revision,
  SeededRng,
  toBinaryString,
} from '@etcd-ts/foundation';
import { MemoryBackend } from '../memory-backend.js';
import { MvccStore } from '../store.js';
import { LeaseTable } from '../testing/lease-table.js';
import type { RevisionCommit } from '../watch-event.js';
import { WatchHub } from './hub.js';
import type { WatchSink } from './sink.js';
import type { Watcher } from './watcher.js';

/** "revision type key": what a watcher can tell of an event. */
function told(commits: readonly RevisionCommit[]): string[] {
  return commits.flatMap(({ revision, events }) =>
    events.map(({ type, kv }) => `${revision} ${type} ${toBinaryString(kv.key)}`),
  );
}

class TellingSink implements WatchSink {
  readonly told: string[] = [];
  room = Infinity;
  compactedAt: number | undefined;

  offer(_watcher: Watcher, commits: readonly RevisionCommit[]): boolean {
    if (this.room <= 0) return false;
    this.room--;
    this.told.push(...told(commits));
    return true;
  }

  compacted(_watcher: Watcher, compactRevision: Revision): void {
    this.compactedAt = compactRevision;
  }
}

class Node {
  readonly store = opened();
  readonly hub = new WatchHub(this.store);
  readonly history: string[] = [];

  constructor() {
    this.store.onRevision = (commit) => {
      this.history.push(...told([commit]));
      this.hub.publish(commit);
    };
  }

  put(key: string): void {
    const flags = { prevKv: false, ignoreValue: false, ignoreLease: false };
    const value = Buffer.from('v');
    this.store.put({ key: fromBinaryString(key), value, lease: NO_LEASE, ...flags });
  }

  delete(key: string, rangeEnd = ''): void {
    const range = { key: fromBinaryString(key), rangeEnd: fromBinaryString(rangeEnd) };
    this.store.deleteRange({ ...range, prevKv: false });
  }

  watchAll(sink: WatchSink, startRevision: number): Watcher {
    const everything = Uint8Array.of(0);
    const filters = { noPut: false, noDelete: false };
    return this.hub.watch({
      key: everything,
      rangeEnd: everything,
      startRevision,
      ...filters,
      sink,
    });
  }

  compact(revision: number): void {
    this.store.compact(Revision(revision));
    while (!this.store.compactionStep(7).done);
  }
}

function opened(): MvccStore {
  const opening = MvccStore.restore(new MemoryBackend(), new LeaseTable());
  for (;;) {
    const step = opening.next();
    if (step.done === true) return step.value;
  }
}

describe('watching the real store', () => {
  test('a delete at the very compaction revision reaches who starts there', () => {
    const node = new Node();
    node.put('a');
    node.delete('a');
    node.put('b');
    node.compact(3);
    const sink = new TellingSink();
    node.watchAll(sink, 3);
    while (node.hub.catchUpStep(1));
    expect(sink.told).toEqual(['3 delete a', '4 put b']);
  });

  test('is told the same by history as by the present', () => {
    const rng = new SeededRng(11);
    const node = new Node();
    const watching: { readonly sink: TellingSink; readonly from: number }[] = [];
    for (let i = 0; i < 600; i++) {
      const key = 'abcde'.charAt(rng.below(5));
      if (rng.below(4) === 0) node.delete(key, rng.below(2) === 0 ? 'e' : '');
      else node.put(key);
      if (rng.below(6) === 0) {
        const back = rng.below(20);
        const from = Math.max(1, node.store.compactRevision, node.store.currentRevision - back);
        const sink = new TellingSink();
        if (rng.below(3) === 0) sink.room = rng.below(5);
        node.watchAll(sink, from);
        watching.push({ sink, from });
      }
      if (rng.below(60) === 0) node.compact(node.store.currentRevision - rng.below(10));
      if (rng.below(3) === 0) node.hub.catchUpStep(1 + rng.below(5));
    }
    for (const { sink } of watching) {
      sink.room = Infinity;
      node.hub.sinkDrained(sink);
    }
    while (node.hub.catchUpStep(50));
    let complete = 0;
    for (const { sink, from } of watching) {
      const wanted = node.history.filter((line) => Number.parseInt(line, 10) >= from);
      if (sink.compactedAt !== undefined) wanted.length = sink.told.length;
      else complete++;
      expect(sink.told).toEqual(wanted);
    }
    expect(complete).toBeGreaterThan(20);
    expect(complete).toBeLessThan(watching.length);
  });
});
