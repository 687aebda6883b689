import { asBuffer } from '@etcd-ts/foundation';
import type { Disk } from '../disk.js';

/** sqlite.org/fileformat2.html, section 4: all numbers big-endian. */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const PAGE_SIZE_AT = 8;
const HEADER_SALT_AT = 16;
const FRAME_SALT_AT = 8;
const HEADER_SUM_AT = 24;
const FRAME_SUM_AT = 16;
/** Of the magic number: the words of the checksums are big-endian, else little-endian. */
const BIG_ENDIAN = 1;

type Sum = readonly [number, number];

/**
 * Where the log of a state database stops making sense though it goes on: SQLite takes it to end
 * there, and forgets the commits behind without a word. A crash leaves that, of commits that were
 * never synced, and so does a damaged disk; a log of which nothing is left to see tells of neither.
 * Undefined when it ends as it should, or there is none. Reads the whole file: for messages.
 */
export function logBreak(
  databaseFile: string,
  disk: Disk,
): { readonly file: string; readonly offset: number } | undefined {
  const file = `${databaseFile}-wal`;
  if (!disk.exists(file)) return undefined;
  const offset = brokenFrame(disk.readFile(file));
  return offset === undefined ? undefined : { file, offset };
}

/** The offset of the first frame that is not what was written, when written ones are behind it. */
export function brokenFrame(bytes: Uint8Array): number | undefined {
  const log = asBuffer(bytes);
  if (log.length < HEADER_BYTES) return undefined;
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(PAGE_SIZE_AT);
  const isBigEndian = (log.readUInt32BE(0) & BIG_ENDIAN) !== 0;
  let sum = summed(log, 0, HEADER_SUM_AT, [0, 0], isBigEndian);
  if (!matches(log, HEADER_SUM_AT, sum)) return 0;
  let at = HEADER_BYTES;
  for (; at + frameBytes <= log.length; at += frameBytes) {
    sum = summed(log, at, at + FRAME_SALT_AT, sum, isBigEndian);
    sum = summed(log, at + FRAME_HEADER_BYTES, at + frameBytes, sum, isBigEndian);
    if (!isOfThisLog(log, at) || !matches(log, at + FRAME_SUM_AT, sum)) break;
  }
  // Frames of an earlier log may follow: it was begun anew over them.
  for (let later = at; later + frameBytes <= log.length; later += frameBytes) {
    if (isOfThisLog(log, later)) return at;
  }
  return undefined;
}

function isOfThisLog(log: Buffer, frame: number): boolean {
  const salt = log.subarray(HEADER_SALT_AT, HEADER_SUM_AT);
  return salt.equals(log.subarray(frame + FRAME_SALT_AT, frame + FRAME_SUM_AT));
}

function matches(log: Buffer, at: number, [first, second]: Sum): boolean {
  return log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second;
}

function summed(log: Buffer, from: number, to: number, sum: Sum, isBigEndian: boolean): Sum {
  let [first, second] = sum;
  for (let at = from; at + 8 <= to; at += 8) {
    const one = isBigEndian ? log.readUInt32BE(at) : log.readUInt32LE(at);
    const other = isBigEndian ? log.readUInt32BE(at + 4) : log.readUInt32LE(at + 4);
    first = (first + one + second) >>> 0;
    second = (second + other + first) >>> 0;
  }
  return [first, second];
}
