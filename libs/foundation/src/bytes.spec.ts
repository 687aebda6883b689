import { compareBytes, fromBinaryString, prefixEnd, toBinaryString } from './bytes.js';
import { SeededRng } from './rng.js';

const randomKey = (rng: SeededRng): Uint8Array =>
  Uint8Array.from(
    { length: rng.below(6) },
    () => [0, 1, 0x61, 0x7f, 0x80, 0xff][rng.below(6)] ?? 0,
  );

describe('binary strings', () => {
  it('order exactly as the bytes they stand for, and turn back into them', () => {
    const rng = new SeededRng(1);
    for (let i = 0; i < 5000; i++) {
      const a = randomKey(rng);
      const b = randomKey(rng);
      const [textA, textB] = [toBinaryString(a), toBinaryString(b)];
      expect(Math.sign(compareBytes(a, b))).toBe(textA < textB ? -1 : textA > textB ? 1 : 0);
      expect([...fromBinaryString(textA)]).toEqual([...a]);
    }
  });
});

describe('prefixEnd', () => {
  it('carries over 0xff, and means "to the end" when nothing is left to carry to', () => {
    expect([...prefixEnd(Uint8Array.of(0x61, 0x62))]).toEqual([0x61, 0x63]);
    expect([...prefixEnd(Uint8Array.of(0x61, 0xff))]).toEqual([0x62]);
    expect([...prefixEnd(Uint8Array.of(0xff, 0xff))]).toEqual([0]);
    expect([...prefixEnd(new Uint8Array(0))]).toEqual([0]);
  });

  it('leaves the prefix as it is, also when that is a Buffer', () => {
    const prefix = Buffer.from('ab');
    prefixEnd(prefix);
    expect(prefix.toString()).toBe('ab');
  });
});
