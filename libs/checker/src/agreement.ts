import type { KeyValue, KvResult } from './operation.js';
import type { Change } from './timeline.js';

export function sameKv(a: KeyValue | undefined, b: KeyValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a === b ||
    (a.modRevision === b.modRevision &&
      a.key === b.key &&
      a.value === b.value &&
      a.version === b.version &&
      a.createRevision === b.createRevision &&
      a.lease === b.lease)
  );
}

/** How an answer differs from what the state demands; undefined if it does not. */
export function disagreement(expected: KvResult, seen: KvResult): string | undefined {
  if (expected.kind === 'put' && seen.kind === 'put') {
    return kvDifference('previous value', expected.prevKv, seen.prevKv);
  }
  if (expected.kind === 'range' && seen.kind === 'range') {
    if (expected.count !== seen.count) return `count ${seen.count}, not ${expected.count}`;
    if (expected.more !== seen.more) return `more is ${seen.more}`;
    const kvs = expected.keysOnly === true ? withLeasesOf(expected.kvs, seen.kvs) : seen.kvs;
    return listDifference(expected.kvs, kvs);
  }
  if (expected.kind === 'deleteRange' && seen.kind === 'deleteRange') {
    if (expected.deleted !== seen.deleted)
      return `${seen.deleted} deleted, not ${expected.deleted}`;
    return listDifference(expected.prevKvs ?? [], seen.prevKvs ?? []);
  }
  if (expected.kind === 'txn' && seen.kind === 'txn') {
    if (expected.succeeded !== seen.succeeded) return `succeeded is ${seen.succeeded}`;
    if (expected.results.length !== seen.results.length) return `${seen.results.length} results`;
    for (const [i, result] of expected.results.entries()) {
      const difference = disagreement(result, seen.results[i] as KvResult);
      if (difference !== undefined) return `result ${i}: ${difference}`;
    }
    return undefined;
  }
  return `a ${seen.kind} for a ${expected.kind}`;
}

export function sameChanges(a: readonly Change[], b: readonly Change[]): boolean {
  return (
    a.length === b.length &&
    a.every((change, i) => change.key === b[i]?.key && sameKv(change.kv, b[i]?.kv))
  );
}

export function describeKv(kv: KeyValue | undefined): string {
  if (kv === undefined) return 'nothing';
  const { key, value, modRevision, createRevision, version, lease } = kv;
  const under = lease === 0n ? '' : ` lease ${lease}`;
  return `${JSON.stringify(key)}=${JSON.stringify(value)}@${modRevision} (created ${createRevision}, version ${version}${under})`;
}

export function describeChanges(changes: readonly Change[]): string {
  return changes
    .map(({ key, kv }) => (kv === undefined ? `delete ${JSON.stringify(key)}` : describeKv(kv)))
    .join(', ');
}

function listDifference(
  expected: readonly KeyValue[],
  seen: readonly KeyValue[],
): string | undefined {
  for (let i = 0; i < Math.max(expected.length, seen.length); i++) {
    const difference = kvDifference(`key ${i}`, expected[i], seen[i]);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** With keys only, etcd 3.4 tells the leases and 3.7 does not: either is right. */
function withLeasesOf(
  expected: readonly KeyValue[],
  seen: readonly KeyValue[],
): readonly KeyValue[] {
  return seen.map((kv, i) => ({ ...kv, lease: expected[i]?.lease ?? kv.lease }));
}

function kvDifference(
  what: string,
  expected: KeyValue | undefined,
  seen: KeyValue | undefined,
): string | undefined {
  if (sameKv(expected, seen)) return undefined;
  return `${what} is ${describeKv(seen)}, not ${describeKv(expected)}`;
}
