import { decodeRevisionKey, encodeRevisionKey, revisionKeyBytes } from './revision-key.js';

describe('a key of the bucket of revisions', () => {
  it('has 17 bytes, a tombstone one more, and sorts as the revisions do', () => {
    const keys = [
      { main: 1, sub: 0, tombstone: false },
      { main: 2, sub: 1, tombstone: true },
      { main: 2, sub: 300, tombstone: false },
      { main: 0x1_0000_0001, sub: 0, tombstone: true },
      { main: Number.MAX_SAFE_INTEGER, sub: 0, tombstone: false },
    ];
    const encoded = keys.map(encodeRevisionKey);
    expect(encoded.map(decodeRevisionKey)).toEqual(keys);
    expect([...encoded].sort((a, b) => a.compare(b))).toEqual(encoded);
    expect(encoded.map(({ length }) => length)).toEqual(
      keys.map(({ tombstone }) => revisionKeyBytes(tombstone)),
    );
    expect(encoded[1]?.toString('latin1')).toBe('\0\0\0\0\0\0\0\x02_\0\0\0\0\0\0\0\x01t');
  });

  it('is nothing else', () => {
    const key = encodeRevisionKey({ main: 5, sub: 0, tombstone: true });
    const with8 = (change: number, at: number) => Buffer.from(key).fill(change, at, at + 1);
    expect(decodeRevisionKey(key.subarray(0, 16))).toBeUndefined();
    expect(decodeRevisionKey(Buffer.concat([key, key]))).toBeUndefined();
    expect(decodeRevisionKey(with8(0x2d, 8))).toBeUndefined();
    expect(decodeRevisionKey(with8(0x75, 17))).toBeUndefined();
    expect(decodeRevisionKey(with8(0xff, 0))).toBeUndefined();
  });
});
