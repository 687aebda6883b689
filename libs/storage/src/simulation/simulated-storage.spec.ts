import {
  MemberId,
  RaftIndex,
  type Revision,
  SeededRng,
  SILENT_LOGGER,
  Term,
} from '@etcd-ts/foundation';
import type { Backend } from '../backend/backend.js';
import type { DataDirectory } from '../data-directory.js';
import { entry, hardState, METADATA, ZERO } from '../testing/wal-fixture.js';
import { TEST_CLOCK } from '../testing/temporary-directory.js';
import type { Survival } from './inode.js';
import { SimulatedStorage } from './simulated-storage.js';

const OPTIONS = { logger: SILENT_LOGGER, clock: TEST_CLOCK };
const PATH = '/data/db.sqlite';

const open = ({ files }: SimulatedStorage): Backend =>
  files.openBackend(PATH, { ...OPTIONS, mustExist: false });

function apply(backend: Backend, index: number): void {
  backend.beginEntry();
  backend.appendRevision((index + 1) as Revision, 0, false, Buffer.from(`value ${index}`));
  if (index % 4 === 0) {
    backend.deleteRevisions([{ main: (index / 2) as Revision, sub: 0 }]);
  }
  backend.bucketPut('lease', Buffer.from(`${index % 3}`), Buffer.from(`at ${index}`));
  backend.setConsistentIndex(RaftIndex(index), Term(1));
}

async function contents(backend: Backend): Promise<string> {
  const view = await backend.openView();
  const all = view.bucketNames().map((name) => [name, [...view.entries(name)].map(String)]);
  view.close();
  return JSON.stringify(all);
}

describe('a simulated database', () => {
  it('loses with the power commits that no sync has covered, the last ones first', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const rng = new SeededRng(seed);
      const storage = new SimulatedStorage();
      const backend = open(storage);
      const after = [await contents(backend)];
      let durable = 0;
      for (let index = 1; index <= 20; index++) {
        apply(backend, index);
        backend.commit();
        after.push(await contents(backend));
        if (rng.below(8) > 0) continue;
        await backend.commitDurable();
        durable = index;
      }
      const survival = (['nothing', 'everything', 'random sectors'] as const)[seed % 3] as Survival;
      const crashed = open(storage.crash(survival, rng));
      const { index } = crashed.consistentIndex();
      expect(await contents(crashed)).toBe(after[index]);
      expect(index).toBeGreaterThanOrEqual(durable);
      if (survival === 'nothing') expect(index).toBe(durable);
      if (survival === 'everything') expect(index).toBe(20);
      expect(await contents(backend)).toBe(after[20]);
    }
  });

  it('keeps as many of them as it is told', async () => {
    const storage = new SimulatedStorage();
    const backend = open(storage);
    for (let index = 1; index <= 5; index++) {
      apply(backend, index);
      backend.commit();
    }
    storage.databases.survivors = (_, unsynced) => unsynced - 2;
    const crashed = open(storage.crash('random sectors', new SeededRng(1)));
    expect(crashed.consistentIndex().index).toBe(3);
  });

  it('fails for good when a sync fails, and what was to be synced may be lost', async () => {
    const storage = new SimulatedStorage();
    const backend = open(storage);
    apply(backend, 1);
    storage.databases.onSync = () => Promise.reject(new Error('EIO'));
    await expect(backend.commitDurable()).rejects.toThrow('EIO');
    expect(backend.failed).toBe(true);
    const crashed = open(storage.crash('nothing', new SeededRng(1)));
    expect(crashed.consistentIndex().index).toBe(0);
  });

  it('makes durable what was committed before a slow sync began, and no more', async () => {
    const storage = new SimulatedStorage();
    const backend = open(storage);
    let finish: () => void = () => undefined;
    storage.databases.onSync = () => new Promise((resolve) => (finish = resolve));
    apply(backend, 1);
    backend.commit();
    const durable = backend.commitDurable();
    await new Promise(setImmediate);
    apply(backend, 2);
    backend.commit();
    finish();
    await durable;
    const crashed = open(storage.crash('nothing', new SeededRng(1)));
    expect(crashed.consistentIndex().index).toBe(1);
  });

  it('refuses a commit when the disk is full, and a row that was damaged', async () => {
    const storage = new SimulatedStorage();
    const backend = open(storage);
    apply(backend, 1);
    backend.commit();
    storage.databases.onCommit = () => {
      throw new Error('ENOSPC');
    };
    apply(backend, 2);
    expect(() => backend.commit()).toThrow('ENOSPC');
    const next = storage.crash('everything', new SeededRng(1));
    const again = open(next);
    expect(again.consistentIndex().index).toBe(1);
    next.databases.damage(PATH, 2, 0);
    expect(() => again.readRevision(2 as Revision, 0)).toThrow('damaged');
    expect(again.failed).toBe(true);
  });

  it('has lost neither state, and shows one, when the power goes after an adoption', async () => {
    const storage = new SimulatedStorage();
    const live = open(storage);
    apply(live, 1);
    await live.commitDurable();
    const into = storage.files.createImport('/data/incoming.sqlite');
    into.put('lease', Buffer.from('a'), Buffer.from('b'));
    await into.finish();
    const incoming = storage.files.openBackend('/data/incoming.sqlite', {
      ...OPTIONS,
      mustExist: true,
    });
    apply(incoming, 50);
    const before = open(storage.crash('nothing', new SeededRng(1)));
    expect(before.consistentIndex().index).toBe(1);
    live.adopt(incoming);
    const after = storage.crash('nothing', new SeededRng(1));
    expect(open(after).consistentIndex().index).toBe(50);
    expect(after.databases.exists('/data/incoming.sqlite')).toBe(false);
  });
});

describe('a simulated machine', () => {
  interface Opened {
    readonly directory: DataDirectory;
    readonly backend: Backend;
  }

  function openAll({ files }: SimulatedStorage): Opened {
    const directory = files.openDirectory('/data', { logger: SILENT_LOGGER });
    const backend = files.openBackend(directory.backendFile, {
      ...OPTIONS,
      mustExist: directory.hasWal(),
    });
    return { directory, backend };
  }

  it('keeps a log, snapshots and a backend over crashes of all kinds', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new SeededRng(seed);
      let storage = new SimulatedStorage();
      const first = openAll(storage);
      expect(first.directory.hasWal()).toBe(false);
      let wal = storage.files.createWal(first.directory.walDir, METADATA, OPTIONS);
      let { directory, backend } = first;
      let acknowledged = 0;
      for (let life = 0; life < 4; life++) {
        for (let i = 0; i < 30; i++) {
          const next = acknowledged + 1;
          wal.append(hardState(acknowledged), [entry(next, Buffer.alloc(rng.below(3000), 7))]);
          await wal.sync();
          acknowledged = next;
          apply(backend, next);
          if (rng.below(5) === 0) backend.commit();
        }
        await backend.commitDurable();
        const snapshots = storage.files.snapshotFiles(directory.snapDir, OPTIONS);
        const metadata = {
          index: RaftIndex(acknowledged),
          term: Term(1),
          confState: {
            voters: [MemberId(1n)],
            learners: [],
            votersOutgoing: [],
            learnersNext: [],
            autoLeave: false,
          },
        };
        await snapshots.save({ data: Buffer.alloc(0), metadata });
        await wal.saveSnapshot(metadata);
        wal.append(hardState(acknowledged), [entry(acknowledged + 1, 'never acknowledged')]);
        void wal.sync().catch(() => undefined);
        const survivals = ['nothing', 'everything', 'random sectors', 'leading sectors'] as const;
        storage = storage.crash(survivals[rng.below(4)] as Survival, rng);
        ({ directory, backend } = openAll(storage));
        const { files } = storage;
        const newest = files
          .snapshotFiles(directory.snapDir, OPTIONS)
          .loadNewest(files.readValidSnapshots(directory.walDir));
        const start = newest?.metadata ?? ZERO;
        const contents = files.openWal(directory.walDir, start, OPTIONS);
        wal = contents.wal;
        const last = contents.entries.at(-1)?.index ?? start.index;
        expect(last - acknowledged).toBeGreaterThanOrEqual(0);
        expect(last - acknowledged).toBeLessThanOrEqual(1);
        expect(backend.consistentIndex().index).toBe(acknowledged);
        // The entry that was never acknowledged may be there; another leader has another one.
        wal.append(hardState(acknowledged, 2), []);
      }
    }
  });

  it('is one member at a time, and free again after a crash', () => {
    const storage = new SimulatedStorage();
    openAll(storage);
    expect(() => openAll(storage)).toThrow('in use');
    openAll(storage.crash('nothing', new SeededRng(1)));
  });
});
