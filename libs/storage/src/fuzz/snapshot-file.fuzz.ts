import { assert, MemberId, RaftIndex, SeededRng, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, randomBytes, randomLength } from '@etcd-ts/fuzzing';
import { crc32c } from '@etcd-ts/foundation';
import { decodeSnapshot, encodeSnapshot, SnappbSnapshot } from '@etcd-ts/wire-protocol';
import type { Snapshot } from '../log-record.js';
import { CrashDisk } from '../simulation/crash-disk.js';
import { SnapshotFiles } from '../snapshot/snapshot-files.js';

const DIRECTORY = '/snap';
const DAMAGED = 40;

/**
 * Two snapshot files, the newer of which is damaged. Loading answers a snapshot that was saved, never
 * another one: the newer as it was, or the older, and then the newer is put aside. Damage below a sum
 * that is right, as nobody but a mistaken program makes it, is refused or understood. A case is a file.
 */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const [older, newer] = [snapshotOf(rng, 5), snapshotOf(rng, 9)];
  const disk = new CrashDisk();
  disk.makeDirectory(DIRECTORY);
  const files = new SnapshotFiles(DIRECTORY, { logger: SILENT_LOGGER, disk });
  await files.save(older);
  const olderFile = disk.readFile(pathOf(older));
  await files.save(newer);
  const newerFile = disk.readFile(pathOf(newer));
  for (let count = 0; count < DAMAGED; count++) {
    const damaged = anyBytes(rng, newerFile, [olderFile]);
    write(disk, pathOf(older), olderFile);
    write(disk, pathOf(newer), rng.below(4) === 0 ? summed(rng, newer) : damaged);
    checkLoaded(disk, files, [older, newer], damaged);
  }
  return DAMAGED;
}

function checkLoaded(
  disk: CrashDisk,
  files: SnapshotFiles,
  [older, newer]: readonly [Snapshot, Snapshot],
  damaged: Buffer,
): void {
  const given = Buffer.from(disk.readFile(pathOf(newer)));
  const loaded = files.loadNewest([older.metadata, newer.metadata]);
  assert(loaded !== undefined, 'the older snapshot is not found');
  if (disk.exists(pathOf(newer))) {
    if (!given.equals(damaged)) return;
    const same = [older, newer].some((saved) => encoded(saved).equals(encoded(loaded)));
    assert(same, 'a snapshot that nobody has saved');
  } else {
    assert(disk.readFile(`${pathOf(newer)}.broken`).equals(given), 'the damaged file is not kept');
    assert(encoded(loaded).equals(encoded(older)), 'not the older snapshot');
  }
}

/** Something else with its right sum. */
function summed(rng: Rng, snapshot: Snapshot): Buffer {
  const data = anyBytes(rng, encodeSnapshot(snapshot));
  return Buffer.from(SnappbSnapshot.encode({ crc: crc32c(data), data }).finish());
}

function encoded(snapshot: Snapshot): Buffer {
  const bytes = Buffer.from(encodeSnapshot(snapshot));
  const again = Buffer.from(encodeSnapshot(decodeSnapshot(bytes)));
  assert(again.equals(bytes), 'a snapshot that changes when written again');
  return bytes;
}

function write(disk: CrashDisk, path: string, bytes: Uint8Array): void {
  disk.removeNow(`${path}.broken`);
  const file = disk.open(path, 'create');
  file.writeNow(bytes, 0);
  file.close();
}

function snapshotOf(rng: Rng, index: number): Snapshot {
  const ids = () =>
    Array.from({ length: rng.below(4) }, () => MemberId(BigInt(rng.below(2 ** 32))));
  const confState = {
    voters: ids(),
    learners: ids(),
    votersOutgoing: ids(),
    learnersNext: ids(),
    autoLeave: rng.below(2) === 0,
  };
  const metadata = { confState, index: RaftIndex(index), term: Term(1 + rng.below(3)) };
  return { data: randomBytes(rng, randomLength(rng, 400)), metadata };
}

function pathOf({ metadata: { index, term } }: Snapshot): string {
  const hex = (value: number): string => value.toString(16).padStart(16, '0');
  return `${DIRECTORY}/${hex(term)}-${hex(index)}.snap`;
}
