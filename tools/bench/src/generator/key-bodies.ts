import { Compare, PutRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { distinctKey, KEY_PREFIX, spreadIndex } from '../distinct-key.js';
import type { KeyCall } from '../generator-job.js';

const HEX = Buffer.from('0123456789abcdef');
const HEX_DIGITS = 8;

function encoded(call: KeyCall, key: Buffer, valueBytes: number): Uint8Array {
  const put = { key, value: Buffer.alloc(valueBytes, 'v') };
  switch (call) {
    case 'put':
      return PutRequest.encode(PutRequest.fromPartial(put)).finish();
    case 'range':
      return RangeRequest.encode(RangeRequest.fromPartial({ key })).finish();
    case 'serializable':
      return RangeRequest.encode(RangeRequest.fromPartial({ key, serializable: true })).finish();
    case 'txn': {
      // Its last change is later than revision 0: true of every key that exists.
      const exists = { target: 2, result: 1, key } as const;
      const compare = Compare.fromPartial({
        ...exists,
        targetUnion: { $case: 'modRevision', value: 0n },
      });
      const success = [{ request: { $case: 'requestPut' as const, value: put } }];
      return TxnRequest.encode(TxnRequest.fromPartial({ compare: [compare], success })).finish();
    }
  }
}

/**
 * Bodies of one call that differ in the key alone: encoded once, then only the digits of the key are
 * written, because an encoder would cost this process more than the server spends on a read.
 */
export class KeyBodies {
  readonly #body: Buffer;
  readonly #digitsAt: readonly number[];

  constructor(call: KeyCall, keyBytes: number, valueBytes: number) {
    const key = distinctKey(0, keyBytes);
    this.#body = Buffer.from(encoded(call, key, valueBytes));
    const digitsAt: number[] = [];
    for (let at = this.#body.indexOf(key); at >= 0; at = this.#body.indexOf(key, at + 1)) {
      digitsAt.push(at + KEY_PREFIX.length);
    }
    this.#digitsAt = digitsAt;
  }

  /** The body for the index-th key. The same buffer each time: to be copied before the next call. */
  of(index: number): Buffer {
    const spread = spreadIndex(index);
    for (const at of this.#digitsAt) {
      for (let digit = 0; digit < HEX_DIGITS; digit++) {
        this.#body[at + digit] = HEX[(spread >>> (28 - 4 * digit)) & 15] ?? 0;
      }
    }
    return this.#body;
  }
}
