import {
  compareBytes,
  crc32c,
  EMPTY_BYTES,
  equalBytes,
  NO_LEASE,
  Revision,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { KeyValue } from '../key-value.js';
import { encodeKeyValue } from '../key-value-codec.js';
import type {
  Compare,
  DeleteRangeRequest,
  Operation,
  OperationResult,
  PutRequest,
  TxnOutcome,
  TxnRequest,
  WriteFailure,
} from '../operation.js';
import type { RangeOutcome, RangeRequest } from '../range-request.js';
import type { LeaseId } from '@etcd-ts/foundation';
import type { RevisionCommit, WatchEvent } from '../watch-event.js';

interface NaiveRow {
  readonly main: number;
  readonly sub: number;
  readonly tombstone: boolean;
  readonly kv: KeyValue;
}

/**
 * The store as one would explain it: a list of all changes ever made, searched from the start for
 * every question. Compaction is nothing but a number here.
 */
export class NaiveStore {
  rows: NaiveRow[] = [];
  current = 1;
  compactedAt = -1;
  readonly leases = new Set<LeaseId>();

  stateAt(revision: number): KeyValue[] {
    const state = new Map<string, NaiveRow>();
    for (const row of this.rows) {
      if (row.main <= revision) state.set(toBinaryString(row.kv.key), row);
    }
    return [...state.values()]
      .filter((row) => !row.tombstone)
      .map((row) => row.kv)
      .sort((a, b) => compareBytes(a.key, b.key));
  }

  range(request: RangeRequest, current = this.current): RangeOutcome {
    const at = request.revision <= 0 ? current : request.revision;
    if (at > current) return { kind: 'future' };
    if (at < this.compactedAt) {
      return { kind: 'compacted', compactRevision: Revision(this.compactedAt) };
    }
    const all = this.stateAt(at).filter((kv) => within(kv.key, request));
    const revision = Revision(current);
    const count = all.length;
    if (request.countOnly) return { kind: 'ok', kvs: [], count, more: false, revision };
    const filters =
      request.minModRevision ||
      request.maxModRevision ||
      request.minCreateRevision ||
      request.maxCreateRevision;
    const natural =
      request.sortOrder === 'none' ||
      (request.sortOrder === 'ascend' && request.sortTarget === 'key');
    let kvs = natural && !filters && request.limit > 0 ? all.slice(0, request.limit + 1) : all;
    kvs = kvs.filter((kv) => !(request.maxModRevision && kv.modRevision > request.maxModRevision));
    kvs = kvs.filter((kv) => !(request.minModRevision && kv.modRevision < request.minModRevision));
    kvs = kvs.filter(
      (kv) => !(request.maxCreateRevision && kv.createRevision > request.maxCreateRevision),
    );
    kvs = kvs.filter(
      (kv) => !(request.minCreateRevision && kv.createRevision < request.minCreateRevision),
    );
    kvs = naiveSort(kvs, request);
    const more = request.limit > 0 && kvs.length > request.limit;
    if (more) kvs = kvs.slice(0, request.limit);
    if (request.keysOnly) {
      const keepLease = request.sortTarget === 'value';
      kvs = kvs.map((kv) => ({
        ...kv,
        value: EMPTY_BYTES,
        lease: keepLease ? kv.lease : NO_LEASE,
      }));
    }
    return { kind: 'ok', kvs, count, more, revision };
  }

  txn(request: TxnRequest): TxnOutcome {
    const before = this.stateAt(this.current);
    const taken = this.#decide(before, request);
    const failure = this.#failure(before, request, taken);
    if (failure !== undefined) return { kind: 'failed', failure };
    const begin = this.current;
    const results = this.#execute(request, taken, begin);
    if (this.rows.at(-1)?.main === begin + 1) this.current = begin + 1;
    return {
      kind: 'ok',
      succeeded: taken.get(request) === true,
      results,
      revision: Revision(this.current),
    };
  }

  deleteKeys(keys: readonly Uint8Array[]): void {
    const begin = this.current;
    for (const key of [...keys].sort(compareBytes)) {
      this.#delete({ key, rangeEnd: EMPTY_BYTES, prevKv: false }, begin);
    }
    if (this.rows.at(-1)?.main === begin + 1) this.current = begin + 1;
  }

  compact(revision: number): 'scheduled' | 'compacted' | 'future' {
    if (revision <= this.compactedAt) return 'compacted';
    if (revision > this.current) return 'future';
    this.compactedAt = revision;
    return 'scheduled';
  }

  hash(revision: number): number {
    const compacted = this.compactedAt;
    const atRevision = new Set(this.#rowsAt(revision));
    const keep = atRevision.size > 0 ? atRevision : new Set(this.#rowsAt(compacted));
    let hash = crc32c(Buffer.from('key'));
    for (const row of this.rows) {
      if (row.main > revision) continue;
      if (row.main <= compacted && !keep.has(row)) continue;
      const rowKey = Buffer.alloc(17, '_');
      rowKey.writeBigUInt64BE(BigInt(row.main), 0);
      rowKey.writeBigUInt64BE(BigInt(row.sub), 9);
      hash = crc32c(rowKey, hash);
      if (row.tombstone) hash = crc32c(Buffer.from('t'), hash);
      const stored = row.tombstone ? { ...row.kv, modRevision: Revision(0) } : row.kv;
      hash = crc32c(encodeKeyValue(stored), hash);
    }
    return hash;
  }

  /** What a finished compaction leaves in the backend. */
  rowCountAfterCompaction(): number {
    const kept = new Set(this.#rowsAt(this.compactedAt));
    const stays = (row: NaiveRow): boolean =>
      row.main > this.compactedAt ||
      kept.has(row) ||
      (row.tombstone && row.main === this.compactedAt);
    return this.rows.filter(stays).length;
  }

  commitsFrom(revision: number): RevisionCommit[] {
    const commits = new Map<number, WatchEvent[]>();
    for (const row of this.rows) {
      if (row.main < revision) continue;
      const events = commits.get(row.main) ?? [];
      events.push({ type: row.tombstone ? 'delete' : 'put', kv: row.kv });
      commits.set(row.main, events);
    }
    return [...commits].map(([main, events]) => ({ revision: Revision(main), events }));
  }

  #rowsAt(revision: number): NaiveRow[] {
    const state = new Map<string, NaiveRow>();
    for (const row of this.rows) {
      if (row.main <= revision) state.set(toBinaryString(row.kv.key), row);
    }
    return [...state.values()].filter((row) => !row.tombstone);
  }

  #decide(before: KeyValue[], request: TxnRequest, taken = new Map<TxnRequest, boolean>()) {
    const succeeded = request.compares.every((compare) => naiveCompare(before, compare));
    taken.set(request, succeeded);
    for (const operation of succeeded ? request.success : request.failure) {
      if (operation.kind === 'txn') this.#decide(before, operation.request, taken);
    }
    return taken;
  }

  #failure(
    before: KeyValue[],
    request: TxnRequest,
    taken: Map<TxnRequest, boolean>,
  ): WriteFailure | undefined {
    for (const operation of taken.get(request) === true ? request.success : request.failure) {
      if (operation.kind === 'range') {
        const { revision } = operation.request;
        if (revision > this.current) return 'futureRevision';
        if (revision !== 0 && revision < this.compactedAt) return 'compacted';
      } else if (operation.kind === 'put') {
        const { key, ignoreValue, ignoreLease, lease } = operation.request;
        const exists = before.some((kv) => equalBytes(kv.key, key));
        if ((ignoreValue || ignoreLease) && !exists) return 'keyNotFound';
        if (lease !== NO_LEASE && !this.leases.has(lease)) return 'leaseNotFound';
      } else if (operation.kind === 'txn') {
        const failure = this.#failure(before, operation.request, taken);
        if (failure !== undefined) return failure;
      }
    }
    return undefined;
  }

  #execute(request: TxnRequest, taken: Map<TxnRequest, boolean>, begin: number): OperationResult[] {
    const operations = taken.get(request) === true ? request.success : request.failure;
    return operations.map((operation) => this.#executeOne(operation, taken, begin));
  }

  #executeOne(
    operation: Operation,
    taken: Map<TxnRequest, boolean>,
    begin: number,
  ): OperationResult {
    const seen = (): number => (this.rows.at(-1)?.main === begin + 1 ? begin + 1 : begin);
    switch (operation.kind) {
      case 'range': {
        const result = this.range(operation.request, seen());
        if (result.kind !== 'ok') throw new Error('the model let an unreadable range pass');
        return { kind: 'range', result };
      }
      case 'put': {
        const prevKv = this.#put(operation.request, begin);
        return {
          kind: 'put',
          prevKv: operation.request.prevKv ? prevKv : undefined,
          revision: Revision(begin + 1),
        };
      }
      case 'deleteRange': {
        const gone = this.#delete(operation.request, begin);
        return {
          kind: 'deleteRange',
          deleted: gone.length,
          prevKvs: operation.request.prevKv ? gone : [],
          revision: Revision(seen()),
        };
      }
      case 'txn': {
        const results = this.#execute(operation.request, taken, begin);
        return { kind: 'txn', succeeded: taken.get(operation.request) === true, results };
      }
    }
  }

  #put(request: PutRequest, begin: number): KeyValue | undefined {
    const old = this.stateAt(begin + 1).find((kv) => equalBytes(kv.key, request.key));
    const kv: KeyValue = {
      key: request.key,
      createRevision: old?.createRevision ?? Revision(begin + 1),
      modRevision: Revision(begin + 1),
      version: (old?.version ?? 0) + 1,
      value: request.ignoreValue && old ? old.value : request.value,
      lease: request.ignoreLease && old ? old.lease : request.lease,
    };
    this.#append(begin, false, kv);
    return old;
  }

  #delete(request: DeleteRangeRequest, begin: number): KeyValue[] {
    const gone = this.stateAt(begin + 1).filter((kv) => within(kv.key, request));
    for (const { key } of gone) {
      const none = { createRevision: Revision(0), version: 0, value: EMPTY_BYTES, lease: NO_LEASE };
      this.#append(begin, true, { ...none, key, modRevision: Revision(begin + 1) });
    }
    return gone;
  }

  #append(begin: number, tombstone: boolean, kv: KeyValue): void {
    const last = this.rows.at(-1);
    const sub = last?.main === begin + 1 ? last.sub + 1 : 0;
    this.rows.push({ main: begin + 1, sub, tombstone, kv });
  }
}

function within(
  key: Uint8Array,
  range: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array },
): boolean {
  if (range.rangeEnd.length === 0) return equalBytes(key, range.key);
  if (compareBytes(key, range.key) < 0) return false;
  if (range.rangeEnd.length === 1 && range.rangeEnd[0] === 0) return true;
  return compareBytes(key, range.rangeEnd) < 0;
}

function naiveSort(kvs: KeyValue[], request: RangeRequest): KeyValue[] {
  const by = {
    key: (a: KeyValue, b: KeyValue) => compareBytes(a.key, b.key),
    version: (a: KeyValue, b: KeyValue) => a.version - b.version,
    create: (a: KeyValue, b: KeyValue) => a.createRevision - b.createRevision,
    mod: (a: KeyValue, b: KeyValue) => a.modRevision - b.modRevision,
    value: (a: KeyValue, b: KeyValue) => compareBytes(a.value, b.value),
  }[request.sortTarget];
  const direction = request.sortOrder === 'descend' ? -1 : 1;
  return [...kvs].sort((a, b) => direction * by(a, b));
}

function naiveCompare(state: KeyValue[], compare: Compare): boolean {
  const { target, result } = compare;
  const found = state.filter((kv) => within(kv.key, compare));
  if (found.length === 0 && target.kind === 'value') return false;
  const zero = { createRevision: 0, modRevision: 0, version: 0, lease: 0n, value: EMPTY_BYTES };
  return (found.length === 0 ? [zero] : found).every((kv) => {
    const fields = { version: kv.version, create: kv.createRevision, mod: kv.modRevision };
    const order =
      target.kind === 'value'
        ? compareBytes(kv.value, target.value)
        : target.kind === 'lease'
          ? Number(kv.lease - target.value)
          : fields[target.kind] - target.value;
    if (result === 'equal') return order === 0;
    if (result === 'notEqual') return order !== 0;
    if (result === 'greater') return order > 0;
    return result === 'less' ? order < 0 : true;
  });
}
