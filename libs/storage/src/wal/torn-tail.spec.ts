import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';

import { SECTOR_BYTES } from './frame.js';
import { RecordEncoder } from './record-encoder.js';
import { damageNotTorn, isZero } from './torn-tail.js';

describe('the search for what is not zero', () => {
  it('finds a single byte anywhere, and none outside its bounds', () => {
    const bytes = Buffer.alloc(200_000);
    expect(isZero(bytes, 0, bytes.length)).toBe(true);
    for (const at of [0, 1, 511, 65_535, 65_536, 131_071, 131_072, 199_999]) {
      bytes[at] = 1;
      expect(isZero(bytes, 0, bytes.length)).toBe(false);
      expect(isZero(bytes, at, at + 1)).toBe(false);
      expect(isZero(bytes, at + 1, bytes.length)).toBe(true);
      expect(isZero(bytes, 0, at)).toBe(true);
      bytes[at] = 0;
    }
  });
});

/** A log whose last record, a state with this commit index, begins `before` bytes before a sector. */
function straddling(before: number, commit: number): { segment: Buffer; at: number; end: number } {
  const segment = Buffer.alloc(4 * SECTOR_BYTES);
  const at = SECTOR_BYTES - before;
  const encoder = new RecordEncoder(0, true);
  encoder.hardState({
    term: Term(2),
    vote: MemberId(0x8e9e05c52164694dn),
    commit: RaftIndex(commit),
  });
  const { bytes } = encoder.take();
  bytes.copy(segment, at);
  return { segment, at, end: at + bytes.length };
}

/** Whatever is in the second sector was not written. */
function torn({ segment, at }: { segment: Buffer; at: number }): string | undefined {
  segment.fill(0, SECTOR_BYTES);
  return damageNotTorn(segment, at, 0);
}

describe('what a crash leaves of the last record, when one bit of it was in the sector that is lost', () => {
  it.each([1, 2, 4, 8, 16, 32])('is a torn write, and no flipped bit (commit %d)', (commit) => {
    for (let before = 8; before <= 40; before += 8) {
      const record = straddling(before, commit);
      if (record.end > SECTOR_BYTES) expect(torn(record)).toBeUndefined();
    }
    // The record ends with the commit index, alone in the second sector.
    const { segment, end } = straddling(32, commit);
    expect(end).toBe(SECTOR_BYTES + 8);
    expect(segment[SECTOR_BYTES]).toBe(commit);
  });

  it('is damage wherever else a bit is flipped', () => {
    const { segment, at, end } = straddling(32, 4);
    for (let byte = at; byte < end; byte++) {
      for (let bit = 0; bit < 8; bit++) {
        const wasOnlyBit = byte === SECTOR_BYTES && bit === 2;
        const mask = 1 << bit;
        segment[byte] = (segment[byte] ?? 0) ^ mask;
        const isPadding = byte > SECTOR_BYTES;
        if (!wasOnlyBit && !isPadding) expect(damageNotTorn(segment, at, 0)).toBeDefined();
        segment[byte] = (segment[byte] ?? 0) ^ mask;
      }
    }
  });

  it('is damage when a bit is missing in the sector before', () => {
    const { segment, at } = straddling(32, 3);
    segment[SECTOR_BYTES - 2] = (segment[SECTOR_BYTES - 2] ?? 0) ^ 1;
    expect(damageNotTorn(segment, at, 0)).toBeDefined();
  });
});
