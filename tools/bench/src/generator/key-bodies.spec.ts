import { PutRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { distinctKey } from '../distinct-key.js';
import { KeyBodies } from './key-bodies.js';

describe('bodies that differ in the key alone', () => {
  const indexes = [0, 1, 77, 1_000_000, 2 ** 31, 2 ** 32 - 1];

  it('are what encoding the whole request would give', () => {
    const bodies = new KeyBodies('put', 64, 256);
    for (const index of indexes) {
      const request = { key: distinctKey(index, 64), value: Buffer.alloc(256, 'v') };
      const whole = PutRequest.encode(PutRequest.fromPartial(request)).finish();
      expect(bodies.of(index).equals(whole)).toBe(true);
    }
  });

  it('ask for the key in every place of the request', () => {
    const ranges = new KeyBodies('serializable', 64, 256);
    const txns = new KeyBodies('txn', 64, 256);
    for (const index of indexes) {
      const key = distinctKey(index, 64);
      const range = RangeRequest.decode(ranges.of(index));
      expect([range.serializable, key.equals(range.key)]).toEqual([true, true]);
      const txn = TxnRequest.decode(txns.of(index));
      const put = txn.success[0]?.request;
      expect(key.equals(txn.compare[0]?.key ?? Buffer.alloc(0))).toBe(true);
      expect(put?.$case === 'requestPut' && key.equals(put.value.key)).toBe(true);
    }
  });
});
