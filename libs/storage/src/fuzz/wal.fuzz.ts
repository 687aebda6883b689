import { assert, RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateBytes, pick, randomBytes, randomLength } from '@etcd-ts/fuzzing';
import type { Entry, HardState } from '../log-record.js';
import { CrashDisk } from '../simulation/crash-disk.js';
import { StorageError, WalCorruptionError } from '../storage-error.js';
import { ETCD_WAL_SEGMENT } from '../testing/etcd-wal.js';
import { entry, hardState, METADATA, walOptions, ZERO } from '../testing/wal-fixture.js';
import { readFrame, SECTOR_BYTES } from '../wal/frame.js';
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
 * Whether what is damaged can be told from the remains of the last write, which a crash may cut
 * short: one bit can, and so can a lost sector with a later batch behind it, which says so itself.
 */
type Damage = 'certain' | 'perhapsTorn';

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
    const damage = inflict(rng, damaged);
    const kept = await read(damaged);
    if (kept === undefined) continue;
    assert(isBeginning(kept, entries), 'entries that nobody has written');
    const lost = entries.length - kept.length;
    assert(lost === 0 || damage === 'perhapsTorn', () => `${lost} entries lost without a word`);
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

function inflict(rng: Rng, disk: CrashDisk): Damage {
  const names = disk.list(DIRECTORY).filter((name) => name.endsWith('.wal'));
  const name = pick(rng, names);
  const path = `${DIRECTORY}/${name}`;
  const contents = disk.readFile(path);
  const settled = name === names.at(-1) ? lastBarrier(contents) : contents.length;
  const { bytes, kind } = damaged(rng, contents, settled);
  const file = disk.open(path, 'update');
  file.truncate(0);
  file.writeNow(bytes, 0);
  file.close();
  return kind;
}

/** Where the last batch begins: all before it was durable, and the batch says so. */
function lastBarrier(segment: Buffer): number {
  let last = 0;
  let frame = readFrame(segment, 0);
  for (let at = 0; frame.kind === 'frame'; at = frame.end, frame = readFrame(segment, at)) {
    if (frame.barrier) last = at;
  }
  return last;
}

interface Damaged {
  readonly bytes: Buffer;
  readonly kind: Damage;
}

function damaged(rng: Rng, contents: Buffer, settled: number): Damaged {
  const from = SECTOR_BYTES * rng.below(Math.ceil(contents.length / SECTOR_BYTES));
  const to = Math.min(contents.length, from + SECTOR_BYTES);
  switch (rng.below(8)) {
    case 0:
    case 1: {
      const at = rng.below(contents.length);
      contents[at] = (contents[at] ?? 0) ^ (1 << rng.below(8));
      return { bytes: contents, kind: 'certain' };
    }
    case 2:
    case 3: {
      const kind = to <= settled ? 'certain' : 'perhapsTorn';
      return { bytes: contents.fill(0, from, to), kind };
    }
    case 4:
      return { bytes: contents.fill(0, from), kind: 'perhapsTorn' };
    case 5:
      return { bytes: contents.subarray(0, rng.below(contents.length)), kind: 'perhapsTorn' };
    default:
      return { bytes: mutateBytes(rng, contents), kind: 'perhapsTorn' };
  }
}
