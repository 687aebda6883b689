import { SeededRng } from '@etcd-ts/foundation';
import { KeyValue, RangeResponse, RangeStreamResponse } from '@etcd-ts/wire-protocol';

import { rangeResponse, rangeStreamResponse } from './range-answer.js';

const CASES = 300;
const rng = new SeededRng(8);
/** Around the sizes at which lengths take a byte more, and at which they are copied otherwise. */
const SIZES = [0, 1, 20, 31, 32, 33, 100, 126, 127, 128, 300, 16_383, 16_384, 20_000];
const someNumber = (): number => Math.floor(2 ** rng.below(53)) - rng.below(2);
const someKeyValue = (): KeyValue =>
  KeyValue.fromPartial({
    key: Buffer.alloc(rng.below(40), 'k'),
    value: Buffer.alloc(SIZES[rng.below(SIZES.length)] ?? 0, 'v'),
    createRevision: BigInt(someNumber()),
    modRevision: BigInt(someNumber()),
    version: BigInt(someNumber()),
    lease: rng.below(2) === 0 ? 0n : -BigInt(someNumber()),
  });

describe('a marshalled response of a range', () => {
  it('is what the generated code makes of the same KeyValues, in a stream as well', () => {
    for (let at = 0; at < CASES; at++) {
      const kvs = Array.from({ length: rng.below(20) }, someKeyValue);
      const header =
        rng.below(3) === 0
          ? undefined
          : { clusterId: 5n, memberId: 2n ** 63n, revision: BigInt(at), raftTerm: 2n };
      const more = rng.below(2) === 0;
      const count = rng.below(3) === 0 ? 0 : someNumber();
      const response = { header, kvs, more, count: BigInt(count) };
      const headerField = RangeResponse.encode(RangeResponse.fromPartial({ header })).finish();
      const rows = kvs.map((kv) => KeyValue.encode(kv).finish());
      const bytes = rangeResponse(headerField, { rows, more, count });
      expect(Buffer.compare(bytes, RangeResponse.encode(response).finish())).toBe(0);
      const inStream = rangeStreamResponse(bytes);
      const expected = RangeStreamResponse.encode({ rangeResponse: response }).finish();
      expect(Buffer.compare(Buffer.concat([inStream.bytes, bytes]), expected)).toBe(0);
      expect(inStream.rest).toBe(bytes);
    }
  });
});
