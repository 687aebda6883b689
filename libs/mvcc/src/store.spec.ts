import { Revision } from '@etcd-ts/foundation';
import { decodeKeyValue } from './key-value-codec.js';
import { MemoryBackend } from './memory-backend.js';
import type { RangeChunkRequest } from './range-request.js';
import type { MvccStore } from './store.js';
import { LeaseTable } from './testing/lease-table.js';
import type { WatchEvent } from './watch-event.js';
import {
  bytes,
  deleteRequest,
  openStore,
  putRequest,
  rangeRequest,
  TO_THE_END,
} from './testing/requests.js';

const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

function chunk(options: Partial<RangeChunkRequest>): RangeChunkRequest {
  return {
    key: bytes('\0'),
    rangeEnd: TO_THE_END,
    limit: 3,
    maxBytes: Infinity,
    revision: 0,
    keysOnly: false,
    countRemaining: true,
    ...options,
  };
}

const keysOf = (rows: readonly Uint8Array[]): string[] =>
  rows.map((row) => text(decodeKeyValue(row).key));

function chunkAt(store: MvccStore, options: Partial<RangeChunkRequest>) {
  const outcome = store.rangeChunk(chunk(options));
  if (outcome.kind !== 'ok') throw new Error(outcome.kind);
  return outcome;
}

describe('a store', () => {
  let backend: MemoryBackend;
  let store: MvccStore;

  beforeEach(() => {
    backend = new MemoryBackend();
    store = openStore(backend, new LeaseTable());
  });

  it('starts at revision 1 and gives the first write revision 2', () => {
    expect(store.currentRevision).toBe(1);
    expect(store.put(putRequest('a', 'x'))).toMatchObject({ kind: 'ok', revision: 2 });
  });

  it('does not keep what was read beside it for a value that a put leaves as it was', () => {
    store.put(putRequest('a', 'value'));
    const events: WatchEvent[] = [];
    store.onRevision = (commit) => events.push(...commit.events);
    store.put(putRequest('a', '', { ignoreValue: true }));
    expect(events[0]?.kv.value).toEqual(bytes('value'));
    expect(events[0]?.kv.value.buffer.byteLength).toBe('value'.length);
  });

  it('tells again and again that a request about many keys is still under way', () => {
    for (let i = 0; i < 5000; i++) store.put(putRequest(`k${i}`, 'x'));
    let signs = 0;
    store.onLongWork = () => signs++;
    store.put(putRequest('k', 'x'));
    expect(signs).toBe(0);
    store.range(rangeRequest('k', { rangeEnd: bytes('l') }));
    expect(signs).toBeGreaterThan(5);
    signs = 0;
    store.deleteRange(deleteRequest('k', bytes('l')));
    expect(signs).toBeGreaterThan(5);
  });

  it('leaves the revision alone when nothing is deleted', () => {
    expect(store.deleteRange(deleteRequest('a'))).toMatchObject({ deleted: 0, revision: 1 });
  });

  it('remembers the revision when compaction has removed every row', () => {
    store.put(putRequest('a', 'x'));
    store.deleteRange(deleteRequest('a'));
    store.put(putRequest('b', 'x'));
    store.deleteRange(deleteRequest('b'));
    store.compact(5);
    while (!store.compactionStep(1).done);
    // The tombstone at 5 itself stays for watchers that start there: one more to get rid of it.
    store.put(putRequest('c', 'x'));
    store.deleteRange(deleteRequest('c'));
    store.compact(7);
    while (!store.compactionStep(1).done);
    const again = openStore(backend.clone(), new LeaseTable());
    expect([again.currentRevision, again.compactRevision, again.keyCount]).toEqual([7, 7, 0]);
    expect(backend.rowCount).toBe(1);
  });

  it('takes up an interrupted compaction after a restart', () => {
    for (let i = 0; i < 50; i++) store.put(putRequest(`k${i % 5}`, 'x'));
    store.compact(51);
    store.compactionStep(3);
    const rest = backend.clone();
    const again = openStore(rest, new LeaseTable());
    expect(again.compactRevision).toBe(51);
    expect(again.range(rangeRequest('k1', { revision: 50 })).kind).toBe('compacted');
    while (!again.compactionStep(3).done);
    expect(rest.rowCount).toBe(5);
  });

  it('never brings a deleted key back, wherever a crash cuts the removal of its rows', () => {
    store.put(putRequest('a', '1'));
    store.put(putRequest('a', '2'));
    store.deleteRange(deleteRequest('a'));
    store.put(putRequest('b', 'x'));
    store.compact(5);
    const before = backend.clone();
    const removals: { main: Revision; sub: number }[] = [];
    backend.deleteRevisions = (revisions) => removals.push(...revisions);
    while (!store.compactionStep(1).done);
    for (let cut = 0; cut <= removals.length; cut++) {
      const disk = before.clone();
      disk.deleteRevisions(removals.slice(0, cut));
      const again = openStore(disk, new LeaseTable());
      expect(again.range(rangeRequest('a'))).toMatchObject({ kvs: [], count: 0 });
      while (!again.compactionStep(10).done);
      expect(disk.rowCount).toBe(1);
    }
  });

  it('accepts a compaction at 0 once, as etcd does', () => {
    expect(store.compact(-3)).toEqual({ kind: 'compacted' });
    expect(store.compact(0)).toEqual({ kind: 'scheduled' });
    expect(store.compact(0)).toEqual({ kind: 'compacted' });
    expect(store.compact(2)).toEqual({ kind: 'future' });
  });

  it('announces a mutation after it has become readable', () => {
    let seen: unknown;
    store.onRevision = () => {
      seen = store.range(rangeRequest('a'));
    };
    store.put(putRequest('a', 'x'));
    expect(seen).toMatchObject({ count: 1, revision: 2 });
  });

  it('knows no previous value of a key that one transaction deletes and creates again', () => {
    store.put(putRequest('a', 'old'));
    const previous: unknown[] = [];
    store.onRevision = ({ events }) => {
      for (const event of events) previous.push(store.previousKeyValue(event)?.value.toString());
    };
    store.txn({
      compares: [],
      success: [
        { kind: 'deleteRange', request: deleteRequest('a') },
        { kind: 'put', request: putRequest('a', 'new') },
      ],
      failure: [],
    });
    expect(previous).toEqual(['old', undefined]);
  });

  describe('read in chunks', () => {
    beforeEach(() => {
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) store.put(putRequest(key, key));
    });

    it('gives every key once, at one revision, whatever is written meanwhile', () => {
      let at = chunkAt(store, {});
      const pinned = at.pinnedRevision;
      const keys = keysOf(at.rows);
      const remaining = [at.remaining];
      while (at.resumeKey !== undefined) {
        store.deleteRange(deleteRequest('g'));
        store.put(putRequest(`new${keys.length}`, 'x'));
        at = chunkAt(store, { key: at.resumeKey, revision: pinned });
        keys.push(...keysOf(at.rows));
        remaining.push(at.remaining);
      }
      expect(keys.join('')).toBe('abcdefg');
      expect(remaining).toEqual([4, 1, 0]);
    });

    it('ends a chunk at its limit of bytes, however many keys it might have', () => {
      store.put(putRequest('b', 'x'.repeat(1000)));
      const first = chunkAt(store, { limit: 100, maxBytes: 500 });
      expect(keysOf(first.rows)).toEqual(['a', 'b']);
      expect(first).toMatchObject({ resumeKey: bytes('c'), remaining: 5 });
    });

    it('resumes at the next key of the pinned revision, also behind keys that came later', () => {
      const { pinnedRevision } = chunkAt(store, { limit: 1 });
      store.put(putRequest('aa', 'later'));
      store.deleteRange(deleteRequest('b'));
      const first = chunkAt(store, { limit: 1, revision: pinnedRevision });
      expect(first).toMatchObject({ resumeKey: bytes('b'), remaining: 6 });
    });

    it('counts what is left only when asked', () => {
      expect(chunkAt(store, { countRemaining: false }).remaining).toBeUndefined();
    });

    it('ends with compacted when the pinned revision is', () => {
      const { pinnedRevision } = chunkAt(store, {});
      store.put(putRequest('a', 'x'));
      store.compact(store.currentRevision);
      expect(store.rangeChunk(chunk({ revision: pinnedRevision })).kind).toBe('compacted');
    });
  });
});
