import { SeededRng } from '@etcd-ts/foundation';
import { InternalRaftRequest, PutRequest } from '@etcd-ts/wire-protocol';

import { encodeDirectWrite, PlainPutReader, splitId } from './plain-put.js';
import { encodeRaftRequest, raftRequest } from './raft-request.js';

const CASES = 500;
const rng = new SeededRng(8);
const someBytes = (atMost: number): Buffer =>
  Buffer.from(Array.from({ length: rng.below(atMost + 1) }, () => rng.below(256)));
/** Every length of a varint, and all 64 bits; never 0, which is left out. */
const someUint64 = (): bigint =>
  1n |
  BigInt.asUintN(
    1 + rng.below(64),
    (BigInt(rng.below(2 ** 32)) << 32n) | BigInt(rng.below(2 ** 32)),
  );

function somePut(): PutRequest {
  const key = Buffer.concat([Buffer.from('k'), someBytes(300)]);
  const lease = rng.below(3) === 0 ? BigInt.asIntN(64, someUint64()) : 0n;
  return PutRequest.fromPartial({
    key,
    value: someBytes(rng.below(50) === 0 ? 40_000 : 300),
    lease,
  });
}

const marshalled = (put: PutRequest): Uint8Array => PutRequest.encode(put).finish();
const reader = new PlainPutReader();
// As text: to compare buffers byte by byte takes jest a second for each hundred.
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const found = () => ({
  key: text(reader.source.subarray(reader.keyStart, reader.keyEnd)),
  value: text(reader.source.subarray(reader.valueStart, reader.valueEnd)),
  lease: reader.lease,
});
const fieldsOf = ({ key, value, lease }: PutRequest) => ({
  ...{ key: text(key), value: text(value) },
  lease,
});

describe('a plain put', () => {
  it('makes the very entry that the generated code makes, and is read as it is there', () => {
    for (let i = 0; i < CASES; i++) {
      const put = somePut();
      const id = someUint64();
      const entry = encodeDirectWrite('put', splitId(id), marshalled(put));
      const generated = encodeRaftRequest(raftRequest(id, { put }));
      expect(Buffer.compare(entry, generated)).toBe(0);
      expect(reader.readEntry(entry)).toBe(true);
      expect(found()).toEqual(fieldsOf(put));
      expect({ high: reader.high, low: reader.low }).toEqual(splitId(id));
      expect(reader.readRequest(marshalled(put))).toBe(true);
      expect(found()).toEqual(fieldsOf(put));
    }
  });

  it('is never seen in what asks for more, names a user or is another request', () => {
    const put = somePut();
    const more = [
      { prevKv: true },
      { ignoreValue: true },
      { ignoreLease: true },
      { key: Buffer.of() },
    ];
    for (const fields of more)
      expect(reader.readRequest(marshalled({ ...put, ...fields }))).toBe(false);
    const deleteRange = { key: put.key, rangeEnd: Buffer.of(), prevKv: false };
    const sender = { username: 'alice', revision: 3 };
    for (const request of [
      raftRequest(7n, { deleteRange }),
      raftRequest(7n, { put }, sender),
      raftRequest(7n, { put: { ...put, prevKv: true } }),
      { put },
    ]) {
      expect(reader.readEntry(encodeRaftRequest(request))).toBe(false);
    }
    expect(reader.readEntry(Buffer.of())).toBe(false);
  });

  it('is read as the generated code reads it, or not at all, whatever the bytes', () => {
    let taken = 0;
    for (let i = 0; i < CASES; i++) {
      const bytes = Buffer.from(
        encodeDirectWrite('put', splitId(someUint64()), marshalled(somePut())),
      );
      const flips = 1 + rng.below(2);
      for (let at = 0; at < flips; at++)
        bytes[rng.below(Math.min(bytes.length, 40))] = rng.below(256);
      const cut = rng.below(4) === 0 ? bytes.subarray(0, rng.below(bytes.length)) : bytes;
      if (!reader.readEntry(cut)) continue;
      taken++;
      const request = InternalRaftRequest.decode(cut);
      expect(found()).toEqual(fieldsOf(request.put ?? PutRequest.create()));
      expect(splitId(request.header?.ID ?? 0n)).toEqual({ high: reader.high, low: reader.low });
      expect(request).toMatchObject({
        put: { prevKv: false, ignoreValue: false, ignoreLease: false },
      });
      expect(request.header).toMatchObject({ username: '', authRevision: 0n });
    }
    expect(taken).toBeGreaterThan(CASES / 10);
  });
});
