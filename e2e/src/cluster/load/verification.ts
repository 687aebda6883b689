import {
  checkLeases,
  checkRevisions,
  checkWatches,
  eventLogOf,
  explain,
  keyValueOf,
  type Baseline,
  type KeyValue,
  type Timeline,
  type Verdict,
  type WatchRecord,
  type WatchResponse as Watched,
} from '@etcd-ts/checker';
import {
  eventually,
  succeeded,
  within,
  type ClusterMember,
  type EtcdCluster,
} from '@etcd-ts/testkit';
import {
  HashKVRequest,
  KVDefinition,
  MaintenanceDefinition,
  RangeRequest,
  WatchCreateRequest,
  WatchDefinition,
  type WatchResponse,
} from '@etcd-ts/wire-protocol';

import type { ClusterLoad } from './cluster-load.js';
import { WatchLog } from './live-watch.js';

export interface Verified {
  readonly revision: number;
  readonly operations: number;
  readonly acknowledgedWrites: number;
  readonly unknown: number;
  /** What the next load starts from. */
  readonly base: Baseline;
}

const CONVERGENCE_TIMEOUT_MS = 90_000;
const HISTORY_TIMEOUT_MS = 90_000;
const EVERYTHING = { key: Buffer.of(0), rangeEnd: Buffer.of(0) };
/** Clocks of one machine do not drift; what is measured is between a request and its handling. */
const FASTEST_CLOCK = 1.01;

async function revisionOf(member: ClusterMember): Promise<number> {
  const request = RangeRequest.fromPartial({ key: Buffer.of(0), serializable: true });
  const { header } = await succeeded(
    member.client.unary(KVDefinition, KVDefinition.methods.range, request),
  );
  return Number(header?.revision ?? 0n);
}

async function stateAt(member: ClusterMember, revision: number): Promise<readonly KeyValue[]> {
  const request = RangeRequest.fromPartial({
    ...EVERYTHING,
    serializable: true,
    revision: BigInt(revision),
  });
  const { kvs } = await succeeded(
    member.client.unary(KVDefinition, KVDefinition.methods.range, request),
  );
  return kvs.map(keyValueOf);
}

interface Hash {
  readonly hash: number;
  /** -1 when never compacted. */
  readonly compactRevision: number;
}

async function hashAt(member: ClusterMember, revision: number): Promise<Hash> {
  const request = HashKVRequest.fromPartial({ revision: BigInt(revision) });
  const { hash, compactRevision } = await succeeded(
    member.client.unary(MaintenanceDefinition, MaintenanceDefinition.methods.hashKV, request),
  );
  return { hash, compactRevision: Number(compactRevision) };
}

/** Compacting makes no revision: a member can have reached the one and not yet done the other. */
async function equalHashes(cluster: EtcdCluster, revision: number): Promise<number> {
  let hashes: readonly Hash[] = [];
  const same = (of: (hash: Hash) => number): boolean => new Set(hashes.map(of)).size === 1;
  await eventually(
    `all members have compacted the same`,
    async () => {
      hashes = await Promise.all(cluster.members.map((member) => hashAt(member, revision)));
      return same(({ compactRevision }) => compactRevision) ? true : undefined;
    },
    CONVERGENCE_TIMEOUT_MS,
  );
  if (!same(({ hash }) => hash)) {
    throw new Error(`hashes at ${revision} differ: ${JSON.stringify(hashes)}`);
  }
  return hashes[0]?.compactRevision ?? -1;
}

/** All that one member says happened after a revision, up to another. */
function happenedAt(member: ClusterMember, after: number, upTo: number): Promise<WatchRecord> {
  const log = new WatchLog(`history at ${member.identity}`, after + 1);
  if (after >= upTo) return Promise.resolve(log.record());
  const stream = member.client.bidi(WatchDefinition, WatchDefinition.methods.watch);
  const read = new Promise<WatchRecord>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (message: WatchResponse) => {
      if (!log.take(message)) reject(new Error(`${member.name} canceled: ${message.cancelReason}`));
      else if (log.next > upTo) resolve(log.record(upTo));
    });
  });
  const value = WatchCreateRequest.fromPartial({
    ...EVERYTHING,
    startRevision: BigInt(after + 1),
  });
  stream.write({ requestUnion: { $case: 'createRequest', value } });
  return within(`history of ${member.name} up to ${upTo}`, HISTORY_TIMEOUT_MS, read).finally(() => {
    stream.removeAllListeners('error').on('error', () => undefined);
    stream.cancel();
  });
}

/** One revision that every member has reached. */
async function convergence(cluster: EtcdCluster): Promise<number> {
  const leader = await cluster.leader(CONVERGENCE_TIMEOUT_MS);
  const revision = await revisionOf(leader);
  await eventually(
    `all members reach revision ${revision}`,
    async () => {
      const revisions = await Promise.all(cluster.members.map(revisionOf));
      return revisions.every((reached) => reached >= revision) ? true : undefined;
    },
    CONVERGENCE_TIMEOUT_MS,
  );
  return revision;
}

function demand(what: string, verdict: Verdict): void {
  if (verdict.kind === 'violation') throw new Error(`${what}: ${explain(verdict.violation)}`);
  if (verdict.kind === 'unknown') throw new Error(`${what}: undecided, ${verdict.reason}`);
}

/**
 * After the clients have stopped, with all members up and all links open: every member has the same
 * history, every acknowledged write is in it, all answers fit one order that real time allows, and
 * no watcher missed or made up anything. Rejects with what is wrong.
 */
export async function verify(
  cluster: EtcdCluster,
  load: ClusterLoad,
  moreWatches: readonly WatchRecord[] = [],
): Promise<Verified> {
  const revision = await convergence(cluster);
  const { base } = load;
  const histories: WatchRecord[] = [];
  const compacted = await equalHashes(cluster, revision);
  const after = Math.max(base.revision, compacted - 1);
  for (const member of cluster.members) {
    histories.push(await happenedAt(member, after, revision));
  }
  await watchersCatchUp(cluster, load, revision);
  const entries = load.history;
  // What is compacted by now only those know who watched.
  const logs = [...histories, ...load.watches].map(eventLogOf).map((log) => ({
    ...log,
    // Leases go on to end while this looks.
    revisions: log.revisions.filter((changes) => changes.revision <= revision),
    through: Math.min(log.through, revision),
  }));
  const order = checkRevisions(entries, { base, logs });
  if (order.kind !== 'ok') {
    demand('the order of all operations', order);
    throw new Error('unreachable');
  }
  const { timeline, explanations } = order;
  demand('leases', checkLeases(entries, timeline, explanations, { fastestClock: FASTEST_CLOCK }));
  demand(
    'watches',
    checkWatches(
      [...load.watches, ...moreWatches].map((watch) => until(watch, revision)),
      timeline,
    ),
  );
  for (const member of cluster.members) await compareState(member, timeline, revision);
  return {
    revision,
    operations: entries.length,
    acknowledgedWrites: load.acknowledgedWrites,
    unknown: entries.filter(({ outcome }) => outcome.kind === 'unknown').length,
    base: { revision, kvs: timeline.all(revision) },
  };
}

async function watchersCatchUp(
  cluster: EtcdCluster,
  load: ClusterLoad,
  revision: number,
): Promise<void> {
  for (const member of cluster.members) {
    const watch = load.watchAt(member);
    if (watch === undefined) continue;
    await eventually(
      `the watcher at ${member.identity} sees revision ${revision}`,
      () => (watch.next > revision ? true : undefined),
      CONVERGENCE_TIMEOUT_MS,
    );
  }
  await load.stopWatching();
}

/** Without what came after the revision that is judged. */
function until(record: WatchRecord, revision: number): WatchRecord {
  const responses = record.responses.flatMap((response): readonly Watched[] => {
    if (response.kind !== 'events') return [response];
    const events = response.events.filter(({ kv }) => kv.modRevision <= revision);
    return events.length === 0
      ? []
      : [{ ...response, events, revision: Math.min(response.revision, revision) }];
  });
  return { ...record, responses };
}

async function compareState(
  member: ClusterMember,
  timeline: Timeline,
  revision: number,
): Promise<void> {
  const text = (kvs: readonly KeyValue[]): string[] =>
    kvs.map((kv) => JSON.stringify({ ...kv, lease: kv.lease.toString() }));
  const kept = text(await stateAt(member, revision));
  const expected = text(timeline.all(revision));
  const wrong = [
    ...expected.filter((kv) => !kept.includes(kv)).map((kv) => `lacks ${kv}`),
    ...kept.filter((kv) => !expected.includes(kv)).map((kv) => `has ${kv}`),
  ];
  if (wrong.length > 0) {
    throw new Error(`${member.name} at ${revision}: ${wrong.slice(0, 5).join('; ')}`);
  }
}
