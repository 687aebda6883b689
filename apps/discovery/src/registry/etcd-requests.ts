import {
  Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  RequestOp,
} from '@etcd-ts/wire-protocol';

export const put = (key: string, value: string, lease: bigint): RequestOp =>
  RequestOp.fromPartial({
    request: {
      $case: 'requestPut',
      value: { key: Buffer.from(key), value: Buffer.from(value), lease },
    },
  });

export const deletion = (key: string): RequestOp =>
  RequestOp.fromPartial({
    request: { $case: 'requestDeleteRange', value: { key: Buffer.from(key) } },
  });

/** Holds when no key of the range was written after the revision. */
export const unchanged = (
  range: { readonly key: Buffer; readonly rangeEnd: Buffer },
  revision: number,
): Compare[] => [
  Compare.fromPartial({
    ...range,
    target: Compare_CompareTarget.MOD,
    result: Compare_CompareResult.LESS,
    targetUnion: { $case: 'modRevision', value: BigInt(revision) + 1n },
  }),
];

export const absent = (key: string): Compare[] => [
  Compare.fromPartial({
    key: Buffer.from(key),
    target: Compare_CompareTarget.CREATE,
    result: Compare_CompareResult.EQUAL,
    targetUnion: { $case: 'createRevision', value: 0n },
  }),
];
