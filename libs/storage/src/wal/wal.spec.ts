import { isDeepStrictEqual } from 'node:util';
import { RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import { WalCorruptionError, WalFailedError } from '../storage-error.js';
import { CrashDisk } from '../simulation/crash-disk.js';
import { entry, hardState, METADATA, walOptions, ZERO } from '../testing/wal-fixture.js';
import { readFrame } from './frame.js';
import { Wal } from './wal.js';

const DIR = '/member/wal';

function fresh(segmentBytes?: number): { disk: CrashDisk; wal: Wal } {
  const disk = new CrashDisk();
  return { disk, wal: Wal.create(DIR, METADATA, walOptions(disk, segmentBytes)) };
}

function reopen(disk: CrashDisk, start = ZERO): ReturnType<typeof Wal.open> {
  return Wal.open(DIR, start, walOptions(disk));
}

/** The only segment's file. */
const FIRST = `${DIR}/0000000000000000-0000000000000000.wal`;

describe('the write-ahead log', () => {
  it('gives back what was appended', async () => {
    const { disk, wal } = fresh();
    wal.append(hardState(0), [entry(1), entry(2)]);
    await wal.sync();
    wal.append(hardState(2), [entry(3, Buffer.alloc(5000, 7))]);
    await wal.close();
    const contents = reopen(disk);
    expect(contents.entries).toEqual([entry(1), entry(2), entry(3, Buffer.alloc(5000, 7))]);
    expect(contents.hardState).toEqual(hardState(2));
    expect(Buffer.from(contents.metadata)).toEqual(METADATA);
  });

  // Trail of Bits, TOB-ETCD-013: the original could not read one that it had just made.
  it('is read when nothing was appended yet', async () => {
    const { disk, wal } = fresh();
    await wal.close();
    const contents = reopen(disk);
    expect(contents.entries).toEqual([]);
    expect(Buffer.from(contents.metadata)).toEqual(METADATA);
  });

  it('continues the checksum chain over many reopenings', async () => {
    const { disk, wal: first } = fresh();
    let wal = first;
    for (let i = 1; i <= 20; i++) {
      wal.append(hardState(i), [entry(i)]);
      await wal.close();
      ({ wal } = reopen(disk));
    }
    await wal.close();
    expect(reopen(disk).entries).toHaveLength(20);
  });

  it('lets a later entry with the same index replace the rest of the log', async () => {
    const { disk, wal } = fresh();
    wal.append(undefined, [entry(1), entry(2), entry(3)]);
    wal.append(undefined, [entry(2, 'other', 2)]);
    await wal.close();
    expect(reopen(disk).entries).toEqual([entry(1), entry(2, 'other', 2)]);
  });

  it('shares one fsync among everybody who appended meanwhile', async () => {
    const { disk, wal } = fresh();
    let syncs = 0;
    disk.onOperation = (operation) => {
      if (operation === 'sync') syncs++;
    };
    const waiting: Promise<void>[] = [];
    for (let i = 1; i <= 100; i++) {
      wal.append(undefined, [entry(i)]);
      waiting.push(wal.sync());
    }
    await Promise.all(waiting);
    expect(syncs).toBe(2);
    await wal.close();
    expect(reopen(disk).entries).toHaveLength(100);
  });

  it('starts a second batch only when the first is done, whoever asks first', async () => {
    const { disk, wal } = fresh();
    let next = 1;
    const client = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i++) {
        wal.append(undefined, [entry(next++)]);
        await wal.sync();
        if (i % 3 === 0) await Promise.resolve();
      }
    };
    await Promise.all([client(50), client(70), client(90)]);
    await wal.close();
    expect(reopen(disk).entries.map(({ index }) => index)).toEqual(
      Array.from({ length: 210 }, (_, i) => i + 1),
    );
  });

  it('cuts segments and reads across them, each with its own header', async () => {
    const { disk, wal } = fresh(4096);
    for (let i = 1; i <= 100; i++) {
      wal.append(hardState(i), [entry(i, Buffer.alloc(300, i))]);
      if (i % 7 === 0) await wal.sync();
    }
    await wal.close();
    expect(disk.list(DIR).filter((name) => name.endsWith('.wal')).length).toBeGreaterThan(7);
    const contents = reopen(disk);
    expect(contents.entries).toHaveLength(100);
    contents.wal.append(undefined, [entry(101)]);
    await contents.wal.close();
    expect(reopen(disk).entries).toHaveLength(101);
  });

  it('cuts several times inside one batch', async () => {
    const { disk, wal } = fresh(1024);
    for (let i = 1; i <= 40; i++) wal.append(hardState(i), [entry(i, Buffer.alloc(200, i))]);
    await wal.sync();
    await wal.close();
    expect(reopen(disk).entries).toHaveLength(40);
  });

  it('starts reading at a snapshot and purges what lies before it', async () => {
    const { disk, wal } = fresh(1024);
    for (let i = 1; i <= 60; i++) {
      wal.append(hardState(i), [entry(i, Buffer.alloc(100, i))]);
      await wal.sync();
      if (i === 50) await wal.saveSnapshot({ index: RaftIndex(50), term: Term(1) });
    }
    expect(await wal.purge()).toBe(0);
    wal.releaseTo(RaftIndex(50));
    expect(await wal.purge()).toBeGreaterThan(0);
    await wal.close();
    expect(disk.list(DIR).filter((name) => name.endsWith('.wal')).length).toBeGreaterThanOrEqual(5);
    expect(Wal.readValidSnapshots(DIR, disk)).toContainEqual({ index: 50, term: 1 });
    const { entries } = reopen(disk, { index: RaftIndex(50), term: Term(1) });
    expect(entries.map(({ index }) => index)).toEqual([51, 52, 53, 54, 55, 56, 57, 58, 59, 60]);
    expect(() => reopen(disk)).toThrow('does not reach back');
  });

  it('does not bring back what a received snapshot has replaced', async () => {
    const { disk, wal } = fresh();
    const stale = [1, 2, 3, 4, 5].map((index) => entry(index));
    wal.append(hardState(1), stale);
    const received = { index: RaftIndex(3), term: Term(2) };
    await wal.saveSnapshot(received);
    wal.append(hardState(3), []);
    await wal.close();
    expect(reopen(disk, received).entries).toEqual([]);
  });

  it('keeps what lies behind a snapshot of its own', async () => {
    const { disk, wal } = fresh();
    wal.append(
      hardState(5),
      [1, 2, 3, 4, 5].map((index) => entry(index)),
    );
    const own = { index: RaftIndex(3), term: Term(1) };
    await wal.saveSnapshot(own);
    await wal.close();
    expect(reopen(disk, own).entries).toEqual([entry(4), entry(5)]);
  });

  it('drops what a new leader replaced from before the snapshot on', async () => {
    const { disk, wal } = fresh();
    wal.append(
      undefined,
      [1, 2, 3, 4, 5].map((index) => entry(index)),
    );
    wal.append(hardState(3), [entry(2, 'other', 2), entry(3, 'other', 2)]);
    const own = { index: RaftIndex(3), term: Term(2) };
    await wal.saveSnapshot(own);
    await wal.close();
    expect(reopen(disk, own).entries).toEqual([]);
  });

  it('reports only snapshots that the log has committed', async () => {
    const { disk, wal } = fresh();
    wal.append(
      hardState(5),
      [1, 2, 3, 4, 5, 6, 7].map((i) => entry(i)),
    );
    await wal.saveSnapshot({ index: RaftIndex(5), term: Term(1) });
    await wal.saveSnapshot({ index: RaftIndex(7), term: Term(1) });
    await wal.close();
    expect(Wal.readValidSnapshots(DIR, disk)).toEqual([ZERO, { index: 5, term: 1 }]);
  });

  it('refuses to start from a snapshot it has no record of', () => {
    const { disk, wal } = fresh();
    return wal.close().then(() => {
      expect(() => reopen(disk, { index: RaftIndex(3), term: Term(1) })).toThrow('not found');
    });
  });

  it('is locked while open', () => {
    const { disk } = fresh();
    expect(() => reopen(disk)).toThrow('in use');
  });
});

describe.each(['write', 'sync'] as const)('a write-ahead log whose %s fails', (operation) => {
  it.each(['ENOSPC', 'EIO'])('stays failed after %s and never writes again', async (code) => {
    const { disk, wal } = fresh();
    wal.append(undefined, [entry(1)]);
    await wal.sync();
    disk.failEvery(operation, code);
    wal.append(undefined, [entry(2)]);
    const first = wal.sync();
    wal.append(undefined, [entry(3)]);
    const second = wal.sync();
    await expect(first).rejects.toThrow(WalFailedError);
    await expect(second).rejects.toMatchObject({ errno: code });
    disk.heal();
    disk.onOperation = () => {
      throw new Error('touched the disk after a failure');
    };
    await expect(wal.sync()).rejects.toThrow(WalFailedError);
    expect(() => wal.append(undefined, [entry(4)])).toThrow(WalFailedError);
    expect(wal.failed).toBe(true);
    await wal.close();
  });
});

describe('a damaged write-ahead log', () => {
  async function written(): Promise<CrashDisk> {
    const { disk, wal } = fresh();
    for (let i = 1; i <= 12; i++) {
      // Payloads with whole sectors of zeros look torn to etcd's rule.
      const data = i % 4 === 0 ? Buffer.alloc(1600) : Buffer.alloc(40 * i, i);
      wal.append(hardState(i), [entry(i, data)]);
      await wal.sync();
    }
    await wal.close();
    return disk;
  }

  it('never loses an acknowledged entry to a flipped bit: an error, or all entries', async () => {
    const disk = await written();
    const used = reopen(disk);
    await used.wal.close();
    const original = disk.readFile(FIRST);
    const end = original.findLastIndex((byte) => byte !== 0) + 1;
    let errors = 0;
    // 31 is coprime to 8, so each bit of a byte gets its turn.
    for (let bit = 0; bit < end * 8; bit += 31) {
      const flip = (contents: Buffer): void => {
        contents[bit >> 3] = (contents[bit >> 3] as number) ^ (1 << (bit & 7));
      };
      disk.corrupt(FIRST, flip);
      try {
        const { entries, wal } = reopen(disk);
        const same =
          entries.length === used.entries.length && isDeepStrictEqual(entries, used.entries);
        expect(same ? 'all entries' : `bit ${bit}: ${entries.length} entries`).toBe('all entries');
        await wal.close();
      } catch (error) {
        if (!(error instanceof WalCorruptionError)) throw error;
        expect(error.file).toBe(FIRST);
        errors++;
      }
      disk.corrupt(FIRST, (contents) => original.copy(contents));
    }
    expect(errors).toBeGreaterThan((end * 7) / 31);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'notices a changed record type, which no checksum covers (bit %i)',
    async (bit) => {
      const disk = await written();
      const original = disk.readFile(FIRST);
      for (let at = 0; at < original.length;) {
        const frame = readFrame(original, at);
        if (frame.kind !== 'frame') break;
        const typeAt = at + 9;
        disk.corrupt(FIRST, (contents) => {
          contents[typeAt] = (contents[typeAt] as number) ^ (1 << bit);
        });
        expect(() => reopen(disk)).toThrow(WalCorruptionError);
        disk.corrupt(FIRST, (contents) => original.copy(contents));
        at = frame.end;
      }
    },
  );

  it('repairs a torn last record, keeping the original', async () => {
    const { disk, wal } = fresh();
    wal.append(undefined, [entry(1)]);
    await wal.sync();
    wal.append(undefined, [entry(2, Buffer.alloc(3000, 1))]);
    await wal.close();
    disk.corrupt(FIRST, (contents) => contents.fill(0, 1024, 1536));
    const torn = disk.readFile(FIRST);
    const contents = reopen(disk);
    expect(contents.entries).toEqual([entry(1)]);
    expect(disk.readFile(`${FIRST}.broken`).equals(torn)).toBe(true);
    contents.wal.append(undefined, [entry(2)]);
    await contents.wal.close();
    expect(reopen(disk).entries).toEqual([entry(1), entry(2)]);
  });

  it('takes a zeroed sector before a later batch for damage, not for a torn write', async () => {
    const { disk, wal } = fresh();
    wal.append(undefined, [entry(1, Buffer.alloc(3000, 1))]);
    await wal.sync();
    wal.append(undefined, [entry(2)]);
    await wal.close();
    disk.corrupt(FIRST, (contents) => contents.fill(0, 1024, 1536));
    expect(() => reopen(disk)).toThrow('later batch');
  });

  it('takes any damage in a segment that is not the last for damage', async () => {
    const { disk, wal } = fresh(2048);
    for (let i = 1; i <= 20; i++) {
      wal.append(undefined, [entry(i, Buffer.alloc(600, 1))]);
      await wal.sync();
    }
    await wal.close();
    disk.corrupt(FIRST, (contents) => contents.fill(0, 512));
    expect(() => reopen(disk)).toThrow(WalCorruptionError);
  });

  it('survives arbitrary bytes: it opens or reports corruption, and allocates no more than the file', async () => {
    const rng = new SeededRng(7);
    const disk = await written();
    const original = disk.readFile(FIRST);
    for (let round = 0; round < 500; round++) {
      disk.corrupt(FIRST, (contents) => {
        original.copy(contents);
        const start = rng.below(contents.length);
        const end = Math.min(contents.length, start + 1 + rng.below(64));
        for (let at = start; at < end; at++) contents[at] = rng.below(256);
      });
      try {
        await reopen(disk).wal.close();
      } catch (error) {
        if (!(error instanceof WalCorruptionError)) throw error;
      }
    }
  });
});
