import {
  compareBytes,
  EMPTY_BYTES,
  fromBinaryString,
  NO_LEASE,
  Revision,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import { visibleAt } from './key-index/key-index.js';
import type { Leaf } from './key-index/node.js';
import { keyRange } from './key-range.js';
import type { KeyRange } from './key-range.js';
import type { KeyValue } from './key-value.js';
import { decodeKeyValue, encodeKey, encodeKeyValue } from './key-value-codec.js';
import type {
  EncodedRangeOutcome,
  RangeChunkOutcome,
  RangeChunkRequest,
  RangeOutcome,
  RangeRequest,
  RevisionUnavailable,
} from './range-request.js';
import type { StoreState } from './store-state.js';

/** A marshalled mvccpb.KeyValue: a row as it is stored, or what keys_only leaves of one. */
type Row = Uint8Array;

interface Fetched {
  readonly rows: Row[];
  readonly count: number;
}

/** `readEncodedRange`, with its rows as objects. */
export function readRange(
  state: StoreState,
  request: RangeRequest,
  current: Revision,
): RangeOutcome {
  const outcome = readEncodedRange(state, request, current);
  if (outcome.kind !== 'ok') return outcome;
  const { rows, count, more, revision } = outcome;
  return { kind: 'ok', kvs: rows.map(decodeKeyValue), count, more, revision };
}

/**
 * Evaluates a range in etcd's order: fetch, filter by revisions, sort, cut at the limit. `current`
 * is the revision the reader sees as the newest: inside a transaction that has written, the one it
 * is about to make.
 *
 * A row holds the very bytes that answers are made of: it is decoded only to sort or to filter by
 * what is in it.
 */
export function readEncodedRange(
  state: StoreState,
  request: RangeRequest,
  current: Revision,
): EncodedRangeOutcome {
  const at = readableRevision(state, request.revision, current);
  if (typeof at !== 'number') return at;
  if (request.countOnly) {
    const count = countKeys(state, keyRange(request.key, request.rangeEnd), at, current);
    return { kind: 'ok', rows: [], count, more: false, revision: current };
  }
  const keysFromIndex = request.keysOnly && request.sortTarget !== 'value';
  const fetched = fetch(state, request, at, current, fetchLimit(request), keysFromIndex);
  const rows = sorted(filtered(fetched.rows, request), request);
  const more = request.limit > 0 && rows.length > request.limit;
  if (more) rows.length = request.limit;
  return {
    kind: 'ok',
    // Sorted by their values, they had them until now.
    rows: request.keysOnly && !keysFromIndex ? rows.map((row) => withoutValue(row, false)) : rows,
    count: fetched.count,
    more,
    revision: current,
  };
}

/** Reads no further than the first key behind the chunk, so that a stream of chunks is one walk. */
export function readChunk(state: StoreState, request: RangeChunkRequest): RangeChunkOutcome {
  const { limit, maxBytes, keysOnly } = request;
  const current = state.currentRevision;
  const at = readableRevision(state, request.revision, current);
  if (typeof at !== 'number') return at;
  const range = keyRange(request.key, request.rangeEnd);
  const rows: Row[] = [];
  let bytes = 0;
  let next: BinaryString | undefined;
  state.index.visit(range, at === current, (leaf, slot) => {
    if (rows.length > 0 && (rows.length >= limit || bytes >= maxBytes)) {
      if (visibleAt(leaf, slot, at) !== undefined) next = leaf.keys[slot];
      return next === undefined;
    }
    const row = fetchKey(state, leaf, slot, at, keysOnly);
    if (row === undefined) return true;
    rows.push(row);
    bytes += row.length;
    return true;
  });
  const rest = next === undefined ? undefined : { from: next, end: range.end };
  const countRest = (): number => (rest === undefined ? 0 : countKeys(state, rest, at, current));
  return {
    kind: 'ok',
    rows,
    resumeKey: next === undefined ? undefined : fromBinaryString(next),
    remaining: request.countRemaining ? countRest() : undefined,
    pinnedRevision: Revision(at),
    revision: current,
  };
}

function readableRevision(
  state: StoreState,
  revision: number,
  current: Revision,
): number | RevisionUnavailable {
  if (revision > current) return { kind: 'future' };
  const at = revision <= 0 ? current : revision;
  if (at < state.compactedAt) {
    return { kind: 'compacted', compactRevision: Revision(state.compactedAt) };
  }
  return at;
}

/**
 * etcd hands the limit down (plus one, to know of more) whenever the order is NONE, even if the
 * target then asks for sorting: such a range is the first keys in key order, sorted among
 * themselves. Clients see that, so it stays.
 */
function fetchLimit(request: RangeRequest): number {
  const keyOrder =
    request.sortOrder === 'none' ||
    (request.sortOrder === 'ascend' && request.sortTarget === 'key');
  const unfiltered =
    request.minModRevision === 0 &&
    request.maxModRevision === 0 &&
    request.minCreateRevision === 0 &&
    request.maxCreateRevision === 0;
  return keyOrder && unfiltered && request.limit > 0 ? request.limit + 1 : Infinity;
}

function fetch(
  state: StoreState,
  request: RangeRequest,
  at: number,
  current: Revision,
  limit: number,
  keysFromIndex: boolean,
): Fetched {
  if (request.rangeEnd.length > 0) {
    const range = keyRange(request.key, request.rangeEnd);
    return fetchKeys(state, range, at, current, limit, keysFromIndex);
  }
  const key = toBinaryString(request.key);
  if (!state.index.find(key)) return { rows: [], count: 0 };
  const row = fetchKey(state, state.index.leaf, state.index.slot, at, keysFromIndex);
  return row === undefined ? { rows: [], count: 0 } : { rows: [row], count: 1 };
}

function fetchKeys(
  state: StoreState,
  range: KeyRange,
  at: number,
  current: Revision,
  limit: number,
  keysFromIndex: boolean,
): Fetched {
  const rows: Row[] = [];
  let count = 0;
  const isCurrent = at === current;
  state.index.visit(range, isCurrent, (leaf, slot) => {
    if (rows.length < limit) {
      const row = fetchKey(state, leaf, slot, at, keysFromIndex);
      if (row === undefined) return true;
      rows.push(row);
      count++;
      // Behind the current revision the tree has no counts: the walk goes on to the end.
      return rows.length < limit || !isCurrent;
    }
    if (visibleAt(leaf, slot, at) !== undefined) count++;
    return true;
  });
  const cut = isCurrent && rows.length >= limit;
  return { rows, count: cut ? state.index.countLive(range) : count };
}

/** Keys that come from the index come without their values and leases. */
function fetchKey(
  state: StoreState,
  leaf: Leaf,
  slot: number,
  at: number,
  keysFromIndex: boolean,
): Row | undefined {
  if (leaf.main(slot) > at) {
    const id = visibleAt(leaf, slot, at);
    if (id === undefined) return undefined;
    const row = state.readRow(id.main, id.sub);
    return keysFromIndex ? withoutValue(row, true) : row;
  }
  if (leaf.version(slot) === 0) return undefined;
  if (!keysFromIndex) return state.readRow(leaf.main(slot), leaf.sub(slot));
  const key = leaf.keys[slot] as BinaryString;
  return encodeKey(key, leaf.create(slot), leaf.main(slot), leaf.version(slot));
}

function countKeys(state: StoreState, range: KeyRange, at: number, current: Revision): number {
  if (at === current) return state.index.countLive(range);
  let count = 0;
  state.index.visit(range, false, (leaf, slot) => {
    if (visibleAt(leaf, slot, at) !== undefined) count++;
    return true;
  });
  return count;
}

/** keys_only answers without the lease, as etcd 3.7 does when it takes them from the index. */
function withoutValue(row: Row, withoutLease: boolean): Row {
  const kv = decodeKeyValue(row);
  return encodeKeyValue({ ...kv, value: EMPTY_BYTES, lease: withoutLease ? NO_LEASE : kv.lease });
}

function filtered(rows: Row[], request: RangeRequest): Row[] {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  if (
    minModRevision === 0 &&
    maxModRevision === 0 &&
    minCreateRevision === 0 &&
    maxCreateRevision === 0
  ) {
    return rows;
  }
  return rows.filter((row) => {
    const { modRevision, createRevision } = decodeKeyValue(row);
    return (
      (maxModRevision === 0 || modRevision <= maxModRevision) &&
      (minModRevision === 0 || modRevision >= minModRevision) &&
      (maxCreateRevision === 0 || createRevision <= maxCreateRevision) &&
      (minCreateRevision === 0 || createRevision >= minCreateRevision)
    );
  });
}

const ORDERS = {
  version: (a: KeyValue, b: KeyValue) => a.version - b.version,
  create: (a: KeyValue, b: KeyValue) => a.createRevision - b.createRevision,
  mod: (a: KeyValue, b: KeyValue) => a.modRevision - b.modRevision,
  value: (a: KeyValue, b: KeyValue) => compareBytes(a.value, b.value),
};

/** Keys arrive in key order. A target without an order sorts ascending. */
function sorted(rows: Row[], request: RangeRequest): Row[] {
  const descend = request.sortOrder === 'descend';
  if (request.sortTarget === 'key') return descend ? rows.reverse() : rows;
  const order = ORDERS[request.sortTarget];
  const decoded = rows.map((row) => ({ row, kv: decodeKeyValue(row) }));
  decoded.sort(descend ? (a, b) => order(b.kv, a.kv) : (a, b) => order(a.kv, b.kv));
  return decoded.map(({ row }) => row);
}
