import type { Rng } from '@etcd-ts/foundation';
import {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import type { RequestOp } from '@etcd-ts/wire-protocol';

import type { Timeline } from './timeline.js';
import { anyKey, anyRange, anyValue, chance, pick } from './universe.js';

/** The limit of nesting the generator builds; refusing deeper ones is another test's. */
const MAX_TXN_DEPTH = 3;
const EMPTY = Buffer.alloc(0);

export function anyRangeRequest(rng: Rng, timeline: Timeline): RangeRequest {
  const bound = (): bigint =>
    chance(rng, 0.1) ? BigInt(rng.below(timeline.currentRevision + 2)) : 0n;
  return RangeRequest.fromPartial({
    ...anyRange(rng),
    ...(chance(rng, 0.01) ? { key: EMPTY } : {}),
    limit: chance(rng, 0.3) ? BigInt(rng.below(6)) : chance(rng, 0.02) ? -1n : 0n,
    revision: timeline.anyRevision(rng),
    sortOrder: pick(rng, [0, 0, 1, 2] as const),
    sortTarget: pick(rng, [0, 0, 1, 2, 3, 4] as const),
    serializable: chance(rng, 0.3),
    keysOnly: chance(rng, 0.15),
    countOnly: chance(rng, 0.1),
    minModRevision: bound(),
    maxModRevision: bound(),
    minCreateRevision: bound(),
    maxCreateRevision: bound(),
  });
}

export function anyPutRequest(rng: Rng, timeline: Timeline): PutRequest {
  const ignoreValue = chance(rng, 0.08);
  const ignoreLease = chance(rng, 0.08);
  return PutRequest.fromPartial({
    key: chance(rng, 0.01) ? EMPTY : anyKey(rng),
    value: ignoreValue && chance(rng, 0.9) ? EMPTY : anyValue(rng),
    lease: chance(rng, ignoreLease ? 0.1 : 0.3) ? timeline.anyLease(rng) : 0n,
    prevKv: chance(rng, 0.3),
    ignoreValue,
    ignoreLease,
  });
}

export function anyDeleteRangeRequest(rng: Rng): DeleteRangeRequest {
  const range = chance(rng, 0.8) ? { key: anyKey(rng), rangeEnd: EMPTY } : anyRange(rng);
  return DeleteRangeRequest.fromPartial({
    ...range,
    ...(chance(rng, 0.01) ? { key: EMPTY } : {}),
    prevKv: chance(rng, 0.4),
  });
}

function anyCompareTarget(rng: Rng, timeline: Timeline): Pick<Compare, 'target' | 'targetUnion'> {
  const revision = BigInt(rng.below(timeline.currentRevision + 2));
  switch (rng.below(6)) {
    case 0:
      return { target: 0, targetUnion: { $case: 'version', value: BigInt(rng.below(4)) } };
    case 1:
      return { target: 1, targetUnion: { $case: 'createRevision', value: revision } };
    case 2:
      return { target: 2, targetUnion: { $case: 'modRevision', value: revision } };
    case 3:
      return { target: 3, targetUnion: { $case: 'value', value: anyValue(rng) } };
    case 4:
      return { target: 4, targetUnion: { $case: 'lease', value: timeline.anyLease(rng) } };
    default:
      return { target: pick(rng, [0, 1, 2, 3, 4] as const), targetUnion: undefined };
  }
}

function anyCompare(rng: Rng, timeline: Timeline): Compare {
  return Compare.fromPartial({
    ...(chance(rng, 0.7) ? { key: anyKey(rng) } : anyRange(rng)),
    ...(chance(rng, 0.01) ? { key: EMPTY } : {}),
    result: pick(rng, [0, 1, 2, 3] as const),
    ...anyCompareTarget(rng, timeline),
  });
}

/**
 * 3.4 panics when a put with ignore_value or ignore_lease finds its key deleted by an operation
 * before it in the same transaction, so one transaction has either such puts or deletes.
 */
type Flavour = 'deletes' | 'ignores';

function anyOperation(rng: Rng, timeline: Timeline, flavour: Flavour, depth: number): RequestOp {
  if (chance(rng, 0.005)) return { request: undefined };
  const kind = rng.below(depth < MAX_TXN_DEPTH ? 10 : 9);
  if (kind < 3) return { request: { $case: 'requestRange', value: rangeInTxn(rng, timeline) } };
  if (kind < 7) {
    const put = anyPutRequest(rng, timeline);
    const value = flavour === 'ignores' ? put : { ...put, ignoreValue: false, ignoreLease: false };
    return { request: { $case: 'requestPut', value } };
  }
  if (kind < 9) {
    return flavour === 'ignores'
      ? { request: { $case: 'requestRange', value: rangeInTxn(rng, timeline) } }
      : { request: { $case: 'requestDeleteRange', value: anyDeleteRangeRequest(rng) } };
  }
  return {
    request: { $case: 'requestTxn', value: anyBranches(rng, timeline, flavour, depth + 1) },
  };
}

/** Mostly of now: most other revisions would fail the whole transaction. */
function rangeInTxn(rng: Rng, timeline: Timeline): RangeRequest {
  const request = anyRangeRequest(rng, timeline);
  return chance(rng, 0.9) ? { ...request, revision: 0n } : request;
}

function anyBranches(rng: Rng, timeline: Timeline, flavour: Flavour, depth: number): TxnRequest {
  const several = <T>(limit: number, make: () => T): T[] =>
    Array.from({ length: rng.below(limit) }, make);
  const most = chance(rng, 0.004) ? 300 : 5;
  return TxnRequest.fromPartial({
    compare: several(3, () => anyCompare(rng, timeline)),
    success: several(most, () => anyOperation(rng, timeline, flavour, depth)),
    failure: several(most, () => anyOperation(rng, timeline, flavour, depth)),
  });
}

export function anyTxnRequest(rng: Rng, timeline: Timeline): TxnRequest {
  return anyBranches(rng, timeline, chance(rng, 0.2) ? 'ignores' : 'deletes', 1);
}
