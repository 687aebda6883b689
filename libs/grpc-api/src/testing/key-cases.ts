import {
  Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import type { RequestOp } from '@etcd-ts/wire-protocol';

import { LEASE_IN, LEASE_OUT } from './guarded-member.js';
import type { Right } from './principals.js';

/** One operation and the rights it takes. */
export interface KeyCase {
  readonly name: string;
  readonly operation: NonNullable<RequestOp['request']>;
  readonly needs: readonly Right[];
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const OPEN_END = '\0';

function range(name: string, key: string, rangeEnd: string, needs: readonly Right[]): KeyCase {
  const value = RangeRequest.create({ key: bytes(key), rangeEnd: bytes(rangeEnd) });
  return { name, operation: { $case: 'requestRange', value }, needs };
}

function put(name: string, fields: Partial<PutRequest>, needs: readonly Right[]): KeyCase {
  const value = PutRequest.create({ key: bytes('a-put'), value: bytes('v'), ...fields });
  return { name, operation: { $case: 'requestPut', value }, needs };
}

function remove(
  name: string,
  key: string,
  rangeEnd: string,
  needs: readonly Right[],
  prevKv = false,
): KeyCase {
  const value = DeleteRangeRequest.create({ key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv });
  return { name, operation: { $case: 'requestDeleteRange', value }, needs };
}

export const KEY_CASES: readonly KeyCase[] = [
  range('one key', 'a1', '', ['read in']),
  range('a part', 'a1', 'a9', ['read in']),
  range('all of it', 'a', 'b', ['read in']),
  range('another key', 'z', '', ['read out']),
  range('the end itself', 'b', '', ['read out']),
  range('one key too many', 'a', 'b\0', ['read in', 'read out']),
  range('from a key on', 'a', OPEN_END, ['read in', 'read out']),
  range('everything', '\0', OPEN_END, ['read in', 'read out']),
  put('a key', {}, ['write in']),
  put('another key', { key: bytes('z-put') }, ['write out']),
  put('a key, and its previous value', { prevKv: true }, ['write in', 'read in']),
  put('another, and its value', { key: bytes('z-put'), prevKv: true }, ['write out', 'read out']),
  put('on a lease of keys', { lease: LEASE_IN }, ['write in']),
  put('on a lease of others', { lease: LEASE_OUT }, ['write in', 'write out']),
  remove('a key', 'a-none', '', ['write in']),
  remove('another key', 'z-none', '', ['write out']),
  remove('a part', 'a-none', 'a-none2', ['write in']),
  remove('from a key on', 'zz', OPEN_END, ['write out']),
  remove('a key, and its previous value', 'a-none', '', ['write in', 'read in'], true),
  remove('another, and its value', 'z-none', '', ['write out', 'read out'], true),
];

/** How an operation gets to the node; `only` says which of them get there this way. */
export interface Place {
  readonly name: string;
  readonly path: string;
  readonly only?: (operation: KeyCase['operation']) => boolean;
  readonly request: (operation: KeyCase['operation']) => Uint8Array;
}

const TXN = '/etcdserverpb.KV/Txn';

/** No version is less than none. */
const NEVER = Compare.create({
  result: Compare_CompareResult.LESS,
  target: Compare_CompareTarget.VERSION,
  key: bytes('a'),
  targetUnion: { $case: 'version', value: 0n },
});
const inTxn = (success: RequestOp[], failure: RequestOp[] = [], compare: Compare[] = []) =>
  TxnRequest.create({ compare, success, failure });

function nested(depth: number, innermost: TxnRequest): TxnRequest {
  if (depth === 0) return innermost;
  const value = nested(depth - 1, innermost);
  return inTxn([{ request: { $case: 'requestTxn', value } }]);
}

const txnPlace = (
  name: string,
  txnOf: (operation: RequestOp) => TxnRequest,
  only?: Place['only'],
): Place => ({
  name,
  path: TXN,
  ...(only === undefined ? {} : { only }),
  request: (operation) => TxnRequest.encode(txnOf({ request: operation })).finish(),
});

const isRange = ({ $case }: KeyCase['operation']): boolean => $case === 'requestRange';

function compareOf({ request }: RequestOp): TxnRequest {
  if (request?.$case !== 'requestRange') throw new Error('only ranges are compared');
  const { key, rangeEnd } = request.value;
  return inTxn([], [], [{ ...NEVER, key, rangeEnd }]);
}

const inNested = (txnOf: (operation: RequestOp) => TxnRequest) => (operation: RequestOp) =>
  nested(3, txnOf(operation));

export const PLACES: readonly Place[] = [
  {
    name: 'at the top level',
    path: '',
    request: (operation) => {
      switch (operation.$case) {
        case 'requestRange':
          return RangeRequest.encode(operation.value).finish();
        case 'requestPut':
          return PutRequest.encode(operation.value).finish();
        case 'requestDeleteRange':
          return DeleteRangeRequest.encode(operation.value).finish();
        case 'requestTxn':
          return TxnRequest.encode(operation.value).finish();
      }
    },
  },
  {
    name: 'as a stream',
    path: '/etcdserverpb.KV/RangeStream',
    only: isRange,
    request: (operation) => PLACES[0]?.request(operation) ?? new Uint8Array(0),
  },
  txnPlace('in a transaction', (operation) => inTxn([operation])),
  txnPlace('in a branch that is not taken', (operation) => inTxn([], [operation])),
  txnPlace('in a comparison', compareOf, isRange),
  txnPlace(
    'three deep',
    inNested((operation) => inTxn([operation])),
  ),
  txnPlace(
    'three deep, in a branch that is not taken',
    inNested((operation) => inTxn([], [operation])),
  ),
  txnPlace('three deep, in a comparison', inNested(compareOf), isRange),
];

export function pathOf({ path }: Place, operation: KeyCase['operation']): string {
  if (path !== '') return path;
  switch (operation.$case) {
    case 'requestRange':
      return '/etcdserverpb.KV/Range';
    case 'requestPut':
      return '/etcdserverpb.KV/Put';
    case 'requestDeleteRange':
      return '/etcdserverpb.KV/DeleteRange';
    case 'requestTxn':
      return TXN;
  }
}
