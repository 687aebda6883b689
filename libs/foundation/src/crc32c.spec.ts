import { compiledCrc32c } from './compiled-crc32c.js';
import { crc32c, interpretedCrc32c } from './crc32c.js';
import { SeededRng } from './rng.js';

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function bitwiseCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it('gives the check values of RFC 3720 B.4', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  it('equals a bit-by-bit computation at every length and offset', () => {
    const bytes = Uint8Array.from({ length: 80 }, (_, i) => (i * 151 + 7) & 0xff);
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= bytes.length; end++) {
        expect(crc32c(bytes, 0, start, end)).toBe(bitwiseCrc32c(bytes.subarray(start, end)));
      }
    }
  });

  it('is the same compiled as interpreted, from any start to any end', () => {
    expect(compiledCrc32c(new Uint32Array(8 * 256))).toBeDefined();
    const rng = new SeededRng(32);
    const bytes = Uint8Array.from({ length: 200_000 }, () => rng.below(256));
    for (let round = 0; round < 300; round++) {
      const start = rng.below(round < 5 ? 10 : bytes.length);
      const end = round < 5 ? bytes.length : Math.min(bytes.length, start + rng.below(500));
      const crc = rng.below(2 ** 32);
      expect(crc32c(bytes, crc, start, end)).toBe(interpretedCrc32c(bytes, crc, start, end));
      const part = bytes.subarray(start, end);
      expect(crc32c(part, crc)).toBe(interpretedCrc32c(part, crc, 0, part.length));
    }
  });

  it('continues from an earlier checksum', () => {
    const whole = ascii('the quick brown fox jumps over the lazy dog');
    for (let cut = 0; cut <= whole.length; cut++) {
      const first = crc32c(whole.subarray(0, cut));
      expect(crc32c(whole.subarray(cut), first)).toBe(crc32c(whole));
    }
  });
});
