import { MemberId, RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import type { Snapshot } from '../log-record.js';
import { CrashDisk } from '../simulation/crash-disk.js';
import { recordingLogger } from '../testing/temporary-directory.js';
import { SnapshotFiles } from './snapshot-files.js';

const DIR = '/member/snap';

function snapshot(index: number, term = 2): Snapshot {
  return {
    data: Buffer.from(`state at ${index}`),
    metadata: {
      confState: {
        voters: [MemberId(1n), MemberId(2n ** 63n)],
        learners: [MemberId(3n)],
        votersOutgoing: [],
        learnersNext: [],
        autoLeave: false,
      },
      index: RaftIndex(index),
      term: Term(term),
    },
  };
}

const at = (index: number, term = 2): Snapshot['metadata'] => snapshot(index, term).metadata;

describe('snapshot files', () => {
  it('load the newest that the log knows', async () => {
    const disk = new CrashDisk();
    const files = new SnapshotFiles(DIR, { logger: recordingLogger(), disk });
    for (const index of [10, 20, 30]) await files.save(snapshot(index));
    expect(disk.list(DIR)[0]).toBe('0000000000000002-000000000000000a.snap');
    expect(files.loadNewest([at(10), at(20)])).toEqual(snapshot(20));
    expect(files.loadNewest([at(10), at(20, 1)])).toEqual(snapshot(10));
    expect(files.loadNewest([])).toBeUndefined();
  });

  it('set a damaged file aside and take the one before, whichever bit flipped', async () => {
    const disk = new CrashDisk();
    const logger = recordingLogger();
    const files = new SnapshotFiles(DIR, { logger, disk });
    await files.save(snapshot(10));
    await files.save(snapshot(20));
    const newest = `${DIR}/0000000000000002-0000000000000014.snap`;
    const original = disk.readFile(newest);
    for (let bit = 0; bit < original.length * 8; bit++) {
      disk.corrupt(newest, (contents) => {
        contents[bit >> 3] = (contents[bit >> 3] as number) ^ (1 << (bit & 7));
      });
      expect(files.loadNewest([at(10), at(20)])).toEqual(snapshot(10));
      disk.rename(`${newest}.broken`, newest);
      disk.corrupt(newest, (contents) => original.copy(contents));
    }
    expect(logger.lines[0]?.message).toBe('renamed bad snapshot file');
  });

  it('are durable under their name when save() resolves, and never half there', async () => {
    const disk = new CrashDisk();
    disk.makeDirectory(DIR);
    const files = new SnapshotFiles(DIR, { logger: recordingLogger(), disk });
    const images: CrashDisk[] = [];
    const rng = new SeededRng(3);
    disk.onOperation = () => images.push(disk.crash('random sectors', rng));
    await files.save(snapshot(10));
    images.push(disk.crash('nothing', rng));
    const found = images.map((image) => {
      const logger = recordingLogger();
      const loaded = new SnapshotFiles(DIR, { logger, disk: image }).loadNewest([at(10)]);
      expect(logger.lines).toEqual([]);
      return loaded;
    });
    expect(found.at(-1)).toEqual(snapshot(10));
  });

  it('are purged oldest first', async () => {
    const disk = new CrashDisk();
    const files = new SnapshotFiles(DIR, { logger: recordingLogger(), disk });
    for (const index of [10, 20, 30, 40]) await files.save(snapshot(index));
    expect(await files.purge(0)).toBe(0);
    expect(await files.purge(3)).toBe(1);
    expect(files.loadNewest([at(10)])).toBeUndefined();
    expect(files.loadNewest([at(20)])).toEqual(snapshot(20));
  });
});
