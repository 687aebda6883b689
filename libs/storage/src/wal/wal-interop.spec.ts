import { CrashDisk } from '../simulation/crash-disk.js';
import { ETCD_WAL_SEGMENT } from '../testing/etcd-wal.js';
import { entry, walOptions, ZERO } from '../testing/wal-fixture.js';
import { CRC_RECORD, ENTRY_RECORD, METADATA_RECORD, readFrame, STATE_RECORD } from './frame.js';
import { decodeEntry, decodeHardState } from './record-decoder.js';
import { RecordEncoder } from './record-encoder.js';
import { Wal } from './wal.js';

const DIR = '/member/wal';

function etcdDisk(): CrashDisk {
  const disk = new CrashDisk();
  disk.makeDirectory(DIR);
  const file = disk.open(`${DIR}/0000000000000000-0000000000000000.wal`, 'create');
  file.writeNow(ETCD_WAL_SEGMENT, 0);
  return disk;
}

describe('a log written by etcd 3.4', () => {
  it('is read, and continued', async () => {
    const disk = etcdDisk();
    const { wal, entries, hardState } = Wal.open(DIR, ZERO, walOptions(disk));
    expect(entries.map(({ index, term, type }) => `${index} ${term} ${type}`)).toEqual([
      '1 1 confChange',
      ...Array.from({ length: 11 }, (_, i) => `${i + 2} 2 normal`),
    ]);
    expect(Buffer.from(entries.at(-1)?.data ?? []).includes('value 8')).toBe(true);
    expect(hardState).toMatchObject({ term: 2, commit: 12 });
    wal.append(undefined, [entry(13, 'ours', 2)]);
    await wal.close();
    const again = Wal.open(DIR, ZERO, walOptions(disk)).entries;
    expect(again.at(-1)).toEqual(entry(13, 'ours', 2));
    expect(again).toHaveLength(13);
  });

  it('is byte for byte what our encoder makes of the same records', () => {
    const encoder = new RecordEncoder(0, false);
    let at = 0;
    for (;;) {
      const frame = readFrame(ETCD_WAL_SEGMENT, at);
      if (frame.kind !== 'frame') break;
      if (frame.type === CRC_RECORD) encoder.crcMarker();
      else if (frame.type === METADATA_RECORD) encoder.metadata(frame.data);
      else if (frame.type === ENTRY_RECORD) encoder.entry(decodeEntry(frame.data));
      else if (frame.type === STATE_RECORD) encoder.hardState(decodeHardState(frame.data));
      else encoder.snapshot(ZERO);
      at = frame.end;
    }
    expect(at).toBe(ETCD_WAL_SEGMENT.length);
    expect(encoder.take().bytes.equals(ETCD_WAL_SEGMENT)).toBe(true);
  });

  it('loses nothing to a flipped bit either, although it has no marks between batches', async () => {
    const disk = etcdDisk();
    const path = `${DIR}/0000000000000000-0000000000000000.wal`;
    for (let bit = 0; bit < ETCD_WAL_SEGMENT.length * 8; bit += 7) {
      disk.corrupt(path, (contents) => {
        contents.fill(0);
        ETCD_WAL_SEGMENT.copy(contents);
        contents[bit >> 3] = (contents[bit >> 3] as number) ^ (1 << (bit & 7));
      });
      try {
        const { entries, wal } = Wal.open(DIR, ZERO, walOptions(disk));
        expect(`bit ${bit}: ${entries.length}`).toBe(`bit ${bit}: 12`);
        await wal.close();
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'WalCorruptionError') throw error;
      }
    }
  });
});
