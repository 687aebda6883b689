import {
  DeleteRangeResponse,
  KeyValue,
  PutResponse,
  RangeResponse,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import type { Txn } from '../operation.js';
import { deleteResult, keyValueOf, putResult, rangeResult, txnResult } from './answers.js';
import { putRequest, rangeRequest, txnRequest } from './requests.js';

const stored = KeyValue.fromPartial({
  key: Buffer.from('k\xff', 'latin1'),
  value: Buffer.from('v'),
  createRevision: 3n,
  modRevision: 5n,
  version: 2n,
  lease: 7n,
});
const told = {
  key: 'k\xff',
  value: 'v',
  createRevision: 3,
  modRevision: 5,
  version: 2,
  lease: 7n,
};

const txn: Txn = {
  kind: 'txn',
  compares: [{ key: 'k', result: 'notEqual', target: { kind: 'lease', value: 7n } }],
  success: [
    { kind: 'range', key: 'k' },
    { kind: 'txn', compares: [], success: [{ kind: 'put', key: 'k', value: 'v' }], failure: [] },
  ],
  failure: [],
};

const putDone = { response: { $case: 'responsePut', value: PutResponse.fromPartial({}) } } as const;
const found = {
  response: { $case: 'responseRange', value: RangeResponse.fromPartial({ kvs: [stored] }) },
} as const;

describe('requests', () => {
  it('carry bytes as the characters of a history, one each', () => {
    const { key, rangeEnd } = rangeRequest({ kind: 'range', key: 'a\xff', rangeEnd: '\0' });
    expect([...key]).toEqual([0x61, 0xff]);
    expect([...rangeEnd]).toEqual([0]);
  });

  it('give neither value nor lease where the stored ones are to stay', () => {
    const put = { kind: 'put', key: 'k', value: 'v', lease: 9n } as const;
    expect(putRequest(put)).toMatchObject({ value: Buffer.from('v'), lease: 9n });
    const kept = putRequest({ ...put, ignoreValue: true, ignoreLease: true });
    expect(kept).toMatchObject({ value: Buffer.alloc(0), lease: 0n, ignoreValue: true });
  });

  it('nest transactions, and compare what is to be compared', () => {
    const { compare, success } = txnRequest(txn);
    expect(compare[0]?.targetUnion).toEqual({ $case: 'lease', value: 7n });
    expect(success.map(({ request }) => request?.$case)).toEqual(['requestRange', 'requestTxn']);
  });
});

describe('answers', () => {
  it('tell keys as histories do', () => {
    expect(keyValueOf(stored)).toEqual(told);
  });

  it('of a transaction fit its operations, one by one', () => {
    const inner = TxnResponse.fromPartial({ succeeded: true, responses: [putDone] });
    const nested = { response: { $case: 'responseTxn', value: inner } } as const;
    const answer = TxnResponse.fromPartial({ succeeded: true, responses: [found, nested] });
    expect(txnResult(txn, answer)).toMatchObject({
      succeeded: true,
      results: [
        { kind: 'range', kvs: [told] },
        { kind: 'txn', results: [{ kind: 'put' }] },
      ],
    });
  });

  it('that do not fit what was asked are refused', () => {
    const asked = { kind: 'range', key: 'k', limit: 1 } as const;
    const put = { kind: 'put', key: 'k', value: 'v' } as const;
    const two = RangeResponse.fromPartial({ kvs: [stored, stored] });
    const ofTxn = (responses: TxnResponse['responses']) =>
      txnResult(txn, TxnResponse.fromPartial({ succeeded: true, responses }));
    for (const read of [
      () => rangeResult(asked, two),
      () => rangeResult({ kind: 'range', key: 'k', countOnly: true }, two),
      () => putResult(put, PutResponse.fromPartial({ prevKv: stored })),
      () =>
        deleteResult(
          { kind: 'deleteRange', key: 'k' },
          DeleteRangeResponse.fromPartial({ deleted: 1n, prevKvs: [stored] }),
        ),
      () => ofTxn([found]),
      () => ofTxn([found, putDone]),
      () => ofTxn([found, { response: undefined }]),
    ]) {
      expect(read).toThrow();
    }
  });
});
