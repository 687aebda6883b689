import fs from 'node:fs';
import { basename, join } from 'node:path';
import { RaftIndex, type Revision, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import { type Disk, NODE_DISK } from '../disk.js';
import { TEST_CLOCK, temporaryDirectories } from '../testing/temporary-directory.js';
import { Backend } from './backend.js';

const directory = temporaryDirectories();
const rev = (main: number): Revision => main as Revision;
const bytes = (text: string): Buffer => Buffer.from(text);

function open(file: string, disk: Disk = NODE_DISK): Backend {
  return Backend.open(file, { logger: SILENT_LOGGER, clock: TEST_CLOCK, mustExist: false, disk });
}

function apply(backend: Backend, index: number, effects: () => void): void {
  backend.beginEntry();
  effects();
  backend.setConsistentIndex(RaftIndex(index), Term(1));
}

/** `rows` entries of one row each. */
function fill(backend: Backend, name: string, rows: number): void {
  for (let i = 1; i <= rows; i++) {
    apply(backend, i, () => {
      backend.appendRevision(rev(i + 1), 0, false, Buffer.from(`${name} ${i}`.repeat(50)));
      backend.bucketPut('lease', bytes('last'), bytes(`${name} ${i}`));
    });
  }
}

/** Whole and sound, or it throws. */
function tell(backend: Backend): string {
  expect(backend.integrityCheck()).toEqual([]);
  const rows = backend.scanRevisions(rev(0), 0, 10_000);
  const names = new Set(rows.map(({ value }) => Buffer.from(value).toString().split(' ')[0]));
  const { index } = backend.consistentIndex();
  expect(rows.map(({ main }) => main)).toEqual(Array.from({ length: index }, (_, i) => i + 2));
  const last = Buffer.from(backend.bucketGet('lease', bytes('last')) ?? []).toString();
  expect(last).toBe(`${[...names][0]} ${index}`);
  return last;
}

interface Pair {
  readonly dir: string;
  readonly live: Backend;
  readonly incoming: Backend;
}

/** Both have commits in their logs, pending changes, and more. */
function pair(disk?: Disk): Pair {
  const dir = directory();
  const live = open(join(dir, 'db.sqlite'), disk);
  fill(live, 'old', 30);
  live.commit();
  const incoming = open(join(dir, 'incoming.sqlite'), disk);
  fill(incoming, 'new', 70);
  incoming.commit();
  apply(live, 31, () => live.appendRevision(rev(32), 0, false, bytes('pending')));
  return { dir, live, incoming };
}

/** What the next process finds after this one was killed. */
function afterKill(dir: string): Backend {
  const copy = directory();
  for (const name of fs.readdirSync(dir)) fs.copyFileSync(join(dir, name), join(copy, name));
  return open(join(copy, 'db.sqlite'));
}

class Killed extends Error {}

/** Records what is done to files, and dies before the nth time. */
function mortalDisk(deadAt: number): { disk: Disk; steps: string[] } {
  const steps: string[] = [];
  const step = (name: string): void => {
    if (steps.length === deadAt) throw new Killed(name);
    steps.push(name);
  };
  const disk: Disk = {
    ...NODE_DISK,
    open(path, mode) {
      const file = NODE_DISK.open(path, mode);
      const syncNow = file.syncNow.bind(file);
      file.syncNow = () => {
        step(`sync ${basename(path)}`);
        syncNow();
      };
      return file;
    },
    rename(from, to) {
      step(`rename ${basename(from)} to ${basename(to)}`);
      NODE_DISK.rename(from, to);
    },
    removeNow(path) {
      step(`remove ${basename(path)}`);
      NODE_DISK.removeNow(path);
    },
    syncDirectoryNow(path) {
      step('sync directory');
      NODE_DISK.syncDirectoryNow(path);
    },
  };
  return { disk, steps };
}

describe('the adoption of another state', () => {
  it('shows it at once under the own name, durably, and drops what was pending', async () => {
    const { dir, live, incoming } = pair();
    live.adopt(incoming);
    expect(tell(live)).toBe('new 70');
    expect(live.pendingOperations).toBe(0);
    expect(fs.readdirSync(dir).filter((name) => !/-(wal|shm)$/.test(name))).toEqual(['db.sqlite']);
    const killed = afterKill(dir);
    expect(tell(killed)).toBe('new 70');
    await killed.close();
    await live.close();
  });

  it('takes what is pending in the incoming state with it', async () => {
    const { live, incoming } = pair();
    apply(incoming, 71, () => {
      incoming.appendRevision(rev(72), 0, false, bytes('new 71'));
      incoming.bucketPut('lease', bytes('last'), bytes('new 71'));
    });
    live.adopt(incoming);
    expect(tell(live)).toBe('new 71');
    await live.close();
  });

  it('goes on from there: commits, views, checkpoints, another adoption', async () => {
    const { dir, live, incoming } = pair();
    live.adopt(incoming);
    apply(live, 71, () => {
      live.appendRevision(rev(72), 0, false, Buffer.from('new 71'.padEnd(6e6)));
      live.bucketPut('lease', bytes('last'), bytes('new 71'));
    });
    await live.commitDurable();
    await live.shrinkFile();
    const view = await live.openView();
    expect([...view.entries('key')]).toHaveLength(71);
    const second = open(join(dir, 'incoming.sqlite'));
    fill(second, 'newer', 10);
    live.adopt(second);
    expect(() => [...view.entries('key')]).toThrow('closed');
    expect(tell(live)).toBe('newer 10');
    await live.close();
    const again = open(join(dir, 'db.sqlite'));
    expect(tell(again)).toBe('newer 10');
    await again.close();
  });

  it('does not copy a long log into the file that is thrown away', async () => {
    const { dir, live, incoming } = pair();
    const view = await live.openView();
    apply(live, 32, () => live.appendRevision(rev(33), 0, false, Buffer.alloc(50e6)));
    live.commit();
    const old = fs.openSync(join(dir, 'db.sqlite'), 'r');
    const { size } = fs.fstatSync(old);
    live.adopt(incoming);
    expect(fs.fstatSync(old)).toMatchObject({ size, nlink: 0 });
    fs.closeSync(old);
    view.close();
    expect(tell(live)).toBe('new 70');
    await live.close();
  });

  it('comes between the slices of a commit, and under fsyncs and views that are on their way', async () => {
    for (let seed = 0; seed < 8; seed++) {
      const { dir, live, incoming } = pair();
      apply(live, 32, () => {
        for (let i = 0; i < 700; i++) {
          live.appendRevision(rev(40 + i), 0, false, Buffer.alloc(10_000, 1));
        }
      });
      if (seed % 2 === 0) live.commitStep(300);
      else live.commit();
      const durable = [live.commitDurable(), live.shrinkFile(), incoming.commitDurable()];
      const opening = live.openView();
      for (let turn = 0; turn < seed; turn++) await new Promise(setImmediate);
      live.adopt(incoming);
      expect(tell(live)).toBe('new 70');
      await Promise.allSettled(durable).then((outcomes) =>
        expect(outcomes.slice(0, 2).map(({ status }) => status)).toEqual([
          'fulfilled',
          'fulfilled',
        ]),
      );
      const view = await opening;
      view.close();
      expect(tell(live)).toBe('new 70');
      expect(live.failed).toBe(false);
      const killed = afterKill(dir);
      expect(tell(killed)).toBe('new 70');
      await killed.close();
      await live.close();
    }
  });

  it('removes the old log durably before the new file has the old name', async () => {
    const { disk, steps } = mortalDisk(Infinity);
    const { live, incoming } = pair(disk);
    live.adopt(incoming);
    expect(steps).toEqual([
      'sync incoming.sqlite',
      'rename incoming.sqlite to db.sqlite.adopted',
      'sync directory',
      'remove db.sqlite-wal',
      'remove db.sqlite-shm',
      'remove db.sqlite-journal',
      'sync directory',
      'rename db.sqlite.adopted to db.sqlite',
      'sync directory',
    ]);
    await live.close();
  });

  it('leaves one of the two states, whole, when the process is killed before any of its steps', async () => {
    const found: string[] = [];
    for (let deadAt = 0; deadAt <= 8; deadAt++) {
      const { disk } = mortalDisk(deadAt);
      const { dir, live, incoming } = pair(disk);
      expect(() => live.adopt(incoming)).toThrow(/sync|rename|remove/);
      expect(live.failed).toBe(true);
      expect(() => live.readMeta('x')).toThrow();
      const next = afterKill(dir);
      found.push(tell(next));
      await next.close();
    }
    expect(found).toEqual([...Array<string>(2).fill('old 30'), ...Array<string>(7).fill('new 70')]);
  });
});
