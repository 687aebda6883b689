import { isDeepStrictEqual } from 'node:util';
import { SeededRng } from '@etcd-ts/foundation';
import type { Entry } from '../log-record.js';
import { CrashDisk, type Survival } from '../simulation/crash-disk.js';
import { entry, hardState, METADATA, walOptions, ZERO } from '../testing/wal-fixture.js';
import { Wal } from './wal.js';

const DIR = '/member/wal';
const SURVIVALS: readonly Survival[] = [
  'nothing',
  'everything',
  'random sectors',
  'leading sectors',
];

interface Script {
  readonly written: readonly Entry[];
  /** After each disk operation: the entries acknowledged by then, and the disk after a crash. */
  readonly crashes: { readonly acknowledged: number; readonly image: CrashDisk; label: string }[];
}

async function run(seed: number, batches: number): Promise<Script> {
  const rng = new SeededRng(seed);
  const disk = new CrashDisk();
  const wal = Wal.create(DIR, METADATA, walOptions(disk, 6 * 1024));
  const written: Entry[] = [];
  const crashes: Script['crashes'] = [];
  let acknowledged = 0;
  let operations = 0;
  disk.onOperation = (operation) => {
    operations++;
    for (const survival of SURVIVALS) {
      const label = `seed ${seed}, operation ${operations} (${operation}), ${survival} survives`;
      crashes.push({ acknowledged, image: disk.crash(survival, rng), label });
    }
  };
  for (let batch = 0; batch < batches; batch++) {
    for (let i = rng.below(5); i >= 0; i--) {
      const index = written.length + 1;
      // Every third payload holds whole sectors of zeros, which look like a torn write.
      const data = Buffer.alloc(rng.below(1800), index % 3 === 0 ? 0 : 1 + (index % 255));
      written.push(entry(index, data));
      wal.append(undefined, [entry(index, data)]);
    }
    wal.append(hardState(acknowledged), []);
    const upTo = written.length;
    await wal.sync();
    acknowledged = upTo;
  }
  disk.onOperation = () => undefined;
  await wal.close();
  return { written, crashes };
}

describe('the write-ahead log after a power failure', () => {
  it.each([1, 2])('holds every acknowledged entry, whatever survived (seed %i)', async (seed) => {
    const { written, crashes } = await run(seed, 25);
    expect(crashes.length).toBeGreaterThan(200);
    for (const { acknowledged, image, label } of crashes) {
      const found = open(image, label);
      const short = found.length < acknowledged;
      expect(short ? `${label}: ${found.length} of ${acknowledged}` : 'complete').toBe('complete');
      expect(isDeepStrictEqual(found, written.slice(0, found.length)) ? 'equal' : label).toBe(
        'equal',
      );
    }
  });

  it('can be appended to after each crash, and crash again', async () => {
    const { crashes } = await run(4, 10);
    for (const { image, label } of crashes) {
      const first = Wal.open(DIR, ZERO, walOptions(image, 6 * 1024));
      const next = first.entries.length + 1;
      first.wal.append(undefined, [entry(next, 'after the crash', 2)]);
      await first.wal.sync();
      const again = open(image.crash('nothing', new SeededRng(1)), label);
      expect(again.at(-1)).toEqual(entry(next, 'after the crash', 2));
      expect(again).toHaveLength(next);
    }
  });
});

function open(image: CrashDisk, label: string): readonly Entry[] {
  try {
    return Wal.open(DIR, ZERO, walOptions(image, 6 * 1024)).entries;
  } catch (error) {
    throw new Error(`${label}: does not open`, { cause: error });
  }
}
