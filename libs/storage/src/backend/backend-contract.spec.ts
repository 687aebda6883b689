import {
  compareBytes,
  encodeRevisionKey,
  RaftIndex,
  type Revision,
  Term,
} from '@etcd-ts/foundation';
import { BACKEND_KINDS, type BackendPlace } from '../testing/backend-kinds.js';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import type { Backend } from './backend.js';
import type { BackendView } from './backend-view.js';
import { MAX_OPEN_VIEWS } from './open-views.js';

const directory = temporaryDirectories();

const rev = (main: number): Revision => main as Revision;
const bytes = (text: string): Buffer => Buffer.from(text);

function apply(backend: Backend, index: number, effects: () => void): void {
  backend.beginEntry();
  effects();
  backend.setConsistentIndex(RaftIndex(index), Term(3));
}

function fill(backend: Backend, name: string, entries: number): void {
  for (let i = 1; i <= entries; i++) {
    apply(backend, i, () => {
      backend.appendRevision(rev(i + 1), 0, i % 3 === 0, bytes(`${name} ${i}`));
      backend.appendRevision(rev(i + 1), 1, false, Buffer.alloc(i * 40, i));
      backend.bucketPut('lease', bytes(`lease ${i % 7}`), bytes(`${name} ${i}`));
    });
  }
}

/** Every bucket, key and value, in order. */
function contents(view: BackendView): string[] {
  return view
    .bucketNames()
    .flatMap((bucket) =>
      [...view.entries(bucket)].map(([key, value]) =>
        [bucket, Buffer.from(key).toString('hex'), Buffer.from(value).toString('hex')].join(' '),
      ),
    );
}

async function contentsOf(backend: Backend): Promise<string[]> {
  const view = await backend.openView();
  const found = contents(view);
  view.close();
  return found;
}

function rewrite(backend: Backend, index: number, main: number): void {
  apply(backend, index, () => {
    for (let i = 0; i < 100; i++) backend.appendRevision(rev(main + i), 0, false, bytes('new'));
    backend.bucketPut('lease', bytes(`lease ${index % 7}`), bytes('again'));
    backend.bucketDelete('lease', bytes(`lease ${(index + 3) % 7}`));
  });
  for (const sub of [0, 1]) {
    backend.deleteRevisions(Array.from({ length: main }, (_, i) => ({ main: rev(i), sub })));
  }
}

describe.each(BACKEND_KINDS)('a backend (%s)', (_, placeIn) => {
  let place: BackendPlace;
  beforeEach(() => {
    place = placeIn(directory);
  });

  it('belongs to one opener', async () => {
    const backend = place.open('db.sqlite');
    expect(() => place.open('db.sqlite')).toThrow('in use');
    await backend.close();
    await place.open('db.sqlite').close();
  });

  it('keeps what was committed over a kill, and nothing of what was not', async () => {
    const backend = place.open('db.sqlite');
    fill(backend, 'old', 10);
    backend.commit();
    const committed = await contentsOf(backend);
    rewrite(backend, 11, 50);
    backend.commitStep(1);
    const next = place.afterKill().open('db.sqlite');
    expect(await contentsOf(next)).toEqual(committed);
    expect(next.consistentIndex()).toEqual({ index: 10, term: 3 });
    await next.close();
    await backend.close();
  });

  it('stays failed after a row that is there already', async () => {
    const backend = place.open('db.sqlite');
    fill(backend, 'old', 3);
    backend.commit();
    apply(backend, 4, () => backend.appendRevision(rev(2), 0, false, bytes('twice')));
    expect(() => backend.commit()).toThrow('UNIQUE');
    expect(backend.failed).toBe(true);
    await expect(backend.openView()).rejects.toMatchObject({ code: 'backendFailed' });
    await backend.close();
  });

  it('gives freed space back in slices', async () => {
    const backend = place.open('db.sqlite');
    apply(backend, 1, () => {
      for (let i = 2; i < 2002; i++) backend.appendRevision(rev(i), 0, false, Buffer.alloc(1000));
    });
    backend.commit();
    const full = backend.sizeBytes();
    expect(full).toBeGreaterThan(2e6);
    backend.deleteRevisions(
      Array.from({ length: 1900 }, (__, i) => ({ main: rev(i + 2), sub: 0 })),
    );
    backend.commit();
    expect(backend.sizeBytes()).toBe(full);
    expect(backend.sizeInUseBytes()).toBeLessThan(full / 4);
    expect(backend.reclaim(50)).toBe(50);
    while (backend.reclaim(50) > 0);
    expect(backend.sizeBytes()).toBe(backend.sizeInUseBytes());
    await backend.close();
  });

  describe('a view of it', () => {
    it('shows what was applied, as buckets and keys of etcd', async () => {
      const backend = place.open('db.sqlite');
      fill(backend, 'value', 25);
      backend.bucketPut('v2store', bytes('x'), bytes('y'));
      const view = await backend.openView();
      expect(view.consistentIndex).toEqual({ index: 25, term: 3 });
      expect(view.bucketNames()).toEqual(
        // prettier-ignore
        ['alarm', 'auth', 'authRoles', 'authUsers', 'cluster', 'key', 'lease', 'members', 'members_removed', 'meta', 'v2store'],
      );
      const rows = [...view.entries('key')];
      expect(rows).toHaveLength(50);
      expect(Buffer.from(rows[4]?.[0] as Uint8Array).toString('latin1')).toBe(
        '\0\0\0\0\0\0\0\x04_\0\0\0\0\0\0\0\0t',
      );
      expect(rows.map(([key]) => key)).toEqual(rows.map(([key]) => key).sort(compareBytes));
      expect([...view.entries('lease')].map(String)).toEqual(
        [21, 22, 23, 24, 25, 19, 20].map((at, i) => `lease ${i},value ${at}`),
      );
      for (const bucket of view.bucketNames()) {
        expect([...view.sizes(bucket)]).toEqual(
          [...view.entries(bucket)].map(([key, value]) => [key.length, value.length]),
        );
      }
      view.close();
      await backend.close();
    });

    it('stays what it is while the node writes, compacts and reclaims', async () => {
      const backend = place.open('db.sqlite');
      fill(backend, 'value', 25);
      const view = await backend.openView();
      const before = contents(view);
      for (let round = 0; round < 10; round++) {
        rewrite(backend, 26 + round, 100 * (round + 1));
        if (round % 2 === 0) await backend.commitDurable();
        else while (!backend.commitStep(30));
        backend.reclaim(50);
        await backend.shrinkFile();
        expect(contents(view)).toEqual(before);
      }
      const later = await backend.openView();
      expect(later.consistentIndex.index).toBe(35);
      view.close();
      expect([...later.sizes('key')]).toHaveLength(100);
      later.close();
      await backend.close();
    });

    it('can be opened while somebody else commits, at a boundary between two commits', async () => {
      const backend = place.open('db.sqlite');
      let index = 0;
      let stop = false;
      const writer = (async () => {
        while (!stop) {
          apply(backend, ++index, () => {
            for (let sub = 0; sub < 20; sub++) {
              backend.appendRevision(rev(index + 1), sub, false, Buffer.alloc(500, index));
            }
          });
          backend.commitStep(7);
          await new Promise(setImmediate);
        }
      })();
      for (let i = 0; i < 30; i++) {
        const asked = index;
        const view = await backend.openView();
        expect(view.consistentIndex.index).toBeGreaterThanOrEqual(asked);
        expect([...view.sizes('key')]).toHaveLength(view.consistentIndex.index * 20);
        view.close();
      }
      stop = true;
      await writer;
      await backend.close();
    });

    it('is one of a few, and useless once it or the backend is closed', async () => {
      const backend = place.open('db.sqlite');
      fill(backend, 'value', 5);
      const opening = Array.from({ length: MAX_OPEN_VIEWS }, () => backend.openView());
      await expect(backend.openView()).rejects.toMatchObject({ code: 'tooManyViews' });
      const views = await Promise.all(opening);
      views[0]?.close();
      views[0]?.close();
      const again = await backend.openView();
      expect(() => [...(views[0] as BackendView).entries('key')]).toThrow('closed');
      await backend.close();
      expect(() => contents(again)).toThrow(
        expect.objectContaining({ code: 'viewClosed' }) as Error,
      );
      again.close();
    });

    it('may be read by several at once, and given up midway', async () => {
      const backend = place.open('db.sqlite');
      fill(backend, 'value', 25);
      const view = await backend.openView();
      const one = view.entries('key')[Symbol.iterator]();
      one.next();
      const other = view.entries('key')[Symbol.iterator]();
      expect(other.next()).toEqual(view.entries('key')[Symbol.iterator]().next());
      expect([...view.entries('lease')]).toHaveLength(7);
      view.close();
      await backend.close();
    });
  });

  describe('that adopts another', () => {
    it('shows its state at once and after a kill, and drops its own pending changes', async () => {
      const live = place.open('db.sqlite');
      fill(live, 'old', 30);
      live.commit();
      const incoming = place.open('incoming.sqlite');
      fill(incoming, 'new', 70);
      const expected = await contentsOf(incoming);
      apply(live, 31, () => live.appendRevision(rev(99), 0, false, bytes('pending')));
      live.commitStep(0);
      apply(live, 32, () => live.appendRevision(rev(100), 0, false, bytes('pending')));
      const view = await live.openView();
      live.adopt(incoming);
      expect(() => contents(view)).toThrow('closed');
      expect(live.pendingOperations).toBe(0);
      expect(live.consistentIndex()).toEqual({ index: 70, term: 3 });
      expect(live.readRevision(rev(71), 0)).toEqual(bytes('new 70'));
      expect(await contentsOf(live)).toEqual(expected);
      const next = place.afterKill().open('db.sqlite');
      expect(await contentsOf(next)).toEqual(expected);
      await next.close();
      expect(incoming.failed).toBe(true);
      expect(() => incoming.commit()).toThrow('adopted');
      await incoming.close();
      apply(live, 71, () => live.appendRevision(rev(80), 0, false, bytes('goes on')));
      await live.commitDurable();
      await live.close();
      const again = place.open('db.sqlite');
      expect(again.consistentIndex().index).toBe(71);
      await again.close();
    });

    it('fulfils what waits for commits, fsyncs and views, with the new state', async () => {
      for (let turns = 0; turns < 6; turns++) {
        place = placeIn(directory);
        const live = place.open('db.sqlite');
        const incoming = place.open('incoming.sqlite');
        fill(incoming, 'new', 10);
        apply(live, 1, () => {
          for (let i = 0; i < 4000; i++) live.appendRevision(rev(40 + i), 0, false, bytes('x'));
        });
        const durable = Promise.all([live.commitDurable(), live.shrinkFile()]);
        const opening = live.openView();
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        live.adopt(incoming);
        await durable;
        (await opening).close();
        expect(live.consistentIndex().index).toBe(10);
        expect(live.scanRevisions(rev(0), 0, 10_000)).toHaveLength(20);
        expect(live.failed).toBe(false);
        await live.close();
      }
    });
  });

  describe('made by an import', () => {
    it('shows what was put in, with the current revision', async () => {
      const into = place.files.createImport(place.path('incoming.sqlite'));
      const key = (main: number, sub = 0): Buffer =>
        encodeRevisionKey({ main, sub, tombstone: false });
      into.put('lease', bytes('b'), bytes('1'));
      into.put('key', key(5), bytes('five'));
      into.put('key', key(5, 1), bytes('five too'));
      into.put('meta', bytes('scheduledCompactRev'), key(9));
      await into.settle();
      await into.finish();
      const backend = place.open('incoming.sqlite');
      expect(backend.readRevision(rev(5), 1)).toEqual(bytes('five too'));
      expect(backend.readMeta('currentRevision')).toEqual(Buffer.from('0000000000000009', 'hex'));
      expect([...backend.bucketEntries('lease')].map(String)).toEqual(['b,1']);
      await backend.close();
    });

    it('is not there before the end, and never when it was given up', async () => {
      const into = place.files.createImport(place.path('incoming.sqlite'));
      into.put('lease', bytes('b'), bytes('1'));
      await into.settle();
      expect([...place.afterKill().open('incoming.sqlite').bucketEntries('lease')]).toEqual([]);
      into.abort();
      expect([...place.open('incoming.sqlite').bucketEntries('lease')]).toEqual([]);
    });
  });
});
