import { assert, RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateBytes, pick, randomBytes, randomLength } from '@etcd-ts/fuzzing';
import type { Entry, HardState } from '../log-record.js';
import { CrashDisk } from '../simulation/crash-disk.js';
import { StorageError, WalCorruptionError } from '../storage-error.js';
import { ETCD_WAL_SEGMENT } from '../testing/etcd-wal.js';
import { entry, hardState, METADATA, walOptions, ZERO } from '../testing/wal-fixture.js';
import { Wal } from '../wal/wal.js';

const DIRECTORY = '/wal';
/** Small, so that the preallocated rest does not take the time, and cuts happen. */
const SEGMENT_BYTES = 2_048;
const DAMAGED = 30;

interface Written {
  readonly disk: CrashDisk;
  readonly entries: readonly Entry[];
}

/**
 * A log of a few segments, ours or etcd's own, whose files are then damaged in every way. Opening it
 * says what is wrong and where, or answers what was written: all of it, or, where the end looks like a
 * write that a crash cut short, a beginning. What was opened can be written on and opened again.
 * A case is a log.
 */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const written = rng.below(5) === 0 ? ofEtcd() : await write(rng);
  const { entries } = written;
  const whole = await read(written.disk.crash('everything', rng));
  assert(whole !== undefined && isBeginning(whole, entries), 'not what was written');
  assert(whole.length === entries.length, 'not all that was written');
  for (let count = 0; count < DAMAGED; count++) {
    const damaged = written.disk.crash('everything', rng);
    damage(rng, damaged);
    const kept = await read(damaged);
    if (kept === undefined) continue;
    assert(isBeginning(kept, entries), 'entries that nobody has written');
    await checkWritable(damaged, kept);
  }
  return 1 + DAMAGED;
}

/** The entries, or undefined if the log was refused. */
async function read(disk: CrashDisk): Promise<readonly Entry[] | undefined> {
  try {
    const { wal, entries } = Wal.open(DIRECTORY, ZERO, walOptions(disk, SEGMENT_BYTES));
    await wal.close();
    return entries;
  } catch (error) {
    // With the file and the place in it.
    if (error instanceof WalCorruptionError) {
      assert(error.file.startsWith(DIRECTORY) && error.offset >= 0, 'damage without a place');
      return undefined;
    }
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

async function checkWritable(disk: CrashDisk, kept: readonly Entry[]): Promise<void> {
  const { wal } = Wal.open(DIRECTORY, ZERO, walOptions(disk, SEGMENT_BYTES));
  const last = kept.at(-1);
  const next = entry((last?.index ?? 0) + 1, 'written afterwards', last?.term ?? 1);
  wal.append(undefined, [next]);
  await wal.sync();
  await wal.close();
  const after = await read(disk);
  assert(after !== undefined, 'a log that cannot be opened after it was written on');
  assert(isBeginning(after, [...kept, next]) && after.length === kept.length + 1, 'not written on');
}

function isBeginning(beginning: readonly Entry[], whole: readonly Entry[]): boolean {
  return beginning.every((one, at) => {
    const other = whole[at];
    return (
      other !== undefined &&
      one.index === other.index &&
      one.term === other.term &&
      one.type === other.type &&
      Buffer.compare(one.data, other.data) === 0
    );
  });
}

async function write(rng: Rng): Promise<Written> {
  const disk = new CrashDisk();
  const wal = Wal.create(DIRECTORY, METADATA, walOptions(disk, SEGMENT_BYTES));
  const entries: Entry[] = [];
  let term = 1;
  for (let batch = 1 + rng.below(8); batch > 0; batch--) {
    if (rng.below(6) === 0) term++;
    const added = Array.from({ length: rng.below(4) }, (_, at) =>
      entry(entries.length + 1 + at, dataOf(rng), term),
    );
    entries.push(...added);
    const state: HardState | undefined =
      rng.below(2) === 0 ? hardState(entries.length, term) : undefined;
    wal.append(state, added);
    if (rng.below(8) === 0 && entries.length > 0) {
      await wal.saveSnapshot({ index: RaftIndex(entries.length), term: Term(term) });
    }
    await wal.sync();
  }
  await wal.close();
  return { disk, entries };
}

/** Zeros among it: a sector of them is what a torn write leaves. */
function dataOf(rng: Rng): Buffer {
  const length = randomLength(rng, 1_200);
  return rng.below(3) === 0 ? Buffer.alloc(length) : randomBytes(rng, length);
}

function ofEtcd(): Written {
  const disk = new CrashDisk();
  disk.makeDirectory(DIRECTORY);
  const file = disk.open(`${DIRECTORY}/0000000000000000-0000000000000000.wal`, 'create');
  file.writeNow(Buffer.concat([ETCD_WAL_SEGMENT, Buffer.alloc(SEGMENT_BYTES)]), 0);
  file.close();
  const { entries } = Wal.open(DIRECTORY, ZERO, walOptions(disk.crash('everything', NO_LUCK)));
  assert(entries.length > 8, 'the entries of etcd');
  return { disk, entries };
}

const NO_LUCK: Rng = { next: () => 0, below: () => 0 };

function damage(rng: Rng, disk: CrashDisk): void {
  const names = disk.list(DIRECTORY).filter((name) => name.endsWith('.wal'));
  for (let times = 1 + rng.below(2); times > 0; times--) {
    const path = `${DIRECTORY}/${pick(rng, names)}`;
    const file = disk.open(path, 'update');
    const contents = disk.readFile(path);
    const bytes = damaged(rng, contents);
    file.truncate(0);
    file.writeNow(bytes, 0);
    file.close();
  }
}

function damaged(rng: Rng, contents: Buffer): Buffer {
  const sector = 512 * rng.below(1 + contents.length / 512);
  switch (rng.below(5)) {
    case 0:
      return contents.fill(0, sector, Math.min(contents.length, sector + 512));
    case 1:
      return contents.subarray(0, rng.below(contents.length + 1));
    case 2:
      return contents.fill(0, Math.min(sector, contents.length));
    default:
      return mutateBytes(rng, contents);
  }
}
