import { must } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';

import { execute } from '../execution.js';
import { HistoryRecorder } from '../history.js';
import type { Call, HistoryEntry, Outcome } from '../history.js';
import { isKvOperation } from '../operation.js';
import type { KvOperation, KvResult, Operation } from '../operation.js';
import { isSerializable } from '../order/placement.js';
import { Timeline } from '../timeline.js';
import type { Change } from '../timeline.js';
import type { Workload } from '../workload/workload.js';

export interface HonestRunOptions {
  readonly rng: Rng;
  readonly workload: Workload;
  readonly operations: number;
  readonly clients: number;
  /** Of a hundred operations so many get no answer; some of them take effect long after. */
  readonly lostPerHundred?: number;
  readonly compactions?: boolean;
  /** Leases live so many times their TTL: below 1 the store is not honest any more. */
  readonly lifetime?: number;
}

export interface HonestRun {
  readonly history: readonly HistoryEntry[];
  readonly timeline: Timeline;
}

interface Pending {
  readonly client: number;
  readonly member: number;
  readonly operation: Operation;
  readonly call: Call;
  outcome: Outcome | undefined;
}

const MEMBERS = 3;
/** A step of the run, in milliseconds: leases of seconds run out within some hundred operations. */
const STEP_MS = 5;

/** A store that keeps every promise, under clients whose operations overlap at random. */
export function honestRun(options: HonestRunOptions): HonestRun {
  return new HonestStore(options).run();
}

class HonestStore {
  readonly #options: HonestRunOptions;
  readonly #timeline = new Timeline();
  readonly #recorder: HistoryRecorder;
  readonly #pending: Pending[] = [];
  /** Given up by their clients, but not by the network. */
  readonly #adrift: Pending[] = [];
  /** How far each member is behind the newest revision, as a revision. */
  readonly #seen = Array.from({ length: MEMBERS }, () => 1);
  readonly #leases = new Map<bigint, { ttlSeconds: number; ttlMs: number; expiresMs: number }>();
  readonly #idle: number[];
  #nowMs = 0;
  #nextClient: number;
  #invoked = 0;
  #compacted = 0;

  constructor(options: HonestRunOptions) {
    this.#options = options;
    this.#recorder = new HistoryRecorder(() => this.#nowMs);
    this.#idle = Array.from({ length: options.clients }, (_, i) => i);
    this.#nextClient = options.clients;
  }

  run(): HonestRun {
    const { rng, operations } = this.#options;
    while (this.#invoked < operations || this.#pending.length > 0) {
      this.#nowMs += STEP_MS;
      this.#expireLeases();
      const move = rng.below(3);
      if (move === 0 && this.#invoked < operations && this.#idle.length > 0) this.#invoke();
      else if (move === 1) this.#takeEffect();
      else if (move === 2) this.#answer();
    }
    return { history: this.#recorder.history(), timeline: this.#timeline };
  }

  #invoke(): void {
    const { rng, workload } = this.#options;
    const [client] = this.#idle.splice(rng.below(this.#idle.length), 1);
    const member = rng.below(MEMBERS);
    const revision = this.#timeline.revision;
    const compact = this.#options.compactions === true && rng.below(50) === 0;
    const operation: Operation = compact
      ? { kind: 'compact', revision: Math.max(1, revision - rng.below(20) + 3) }
      : workload.next(must(client, 'somebody is idle'), rng, revision);
    const call = this.#recorder.invoke(must(client, 'somebody'), operation, `m${member}`);
    this.#pending.push({
      client: must(client, 'somebody'),
      member,
      operation,
      call,
      outcome: undefined,
    });
    this.#invoked++;
  }

  #takeEffect(): void {
    const { rng } = this.#options;
    const from = this.#adrift.length > 0 && rng.below(20) === 0 ? this.#adrift : this.#pending;
    const chosen = from[rng.below(Math.max(1, from.length))];
    if (chosen !== undefined) chosen.outcome ??= this.#apply(chosen);
  }

  #answer(): void {
    const { rng, workload, lostPerHundred = 0 } = this.#options;
    const position = rng.below(Math.max(1, this.#pending.length));
    const chosen = this.#pending[position];
    if (chosen === undefined) return;
    const lost = rng.below(100) < lostPerHundred;
    if (!lost && chosen.outcome === undefined && rng.below(20) > 0) return;
    this.#pending.splice(position, 1);
    this.#idle.push(lost ? this.#nextClient++ : chosen.client);
    if (lost) this.#adrift.push(chosen);
    workload.learn(this.#end(chosen, lost));
  }

  #end({ call, outcome }: Pending, lost: boolean): HistoryEntry {
    if (lost) return call.unknown();
    if (outcome?.kind === 'ok') return call.ok(outcome.revision, outcome.result);
    return call.failed(outcome?.kind === 'failed' ? outcome.failure : 'notServed');
  }

  #apply({ operation, member }: Pending): Outcome {
    if (isKvOperation(operation) && isSerializable(operation))
      return this.#readLocally(operation, member);
    this.#seen[member] = this.#timeline.revision;
    if (isKvOperation(operation)) return this.#applyKv(operation, member);
    const revision = this.#timeline.revision;
    switch (operation.kind) {
      case 'compact':
        if (operation.revision <= this.#compacted) return { kind: 'failed', failure: 'compacted' };
        if (operation.revision > revision) return { kind: 'failed', failure: 'futureRevision' };
        this.#compacted = operation.revision;
        return { kind: 'ok', revision, result: { kind: 'compact' } };
      case 'leaseGrant': {
        const { lease, ttlSeconds } = operation;
        const ttlMs = ttlSeconds * 1000 * (this.#options.lifetime ?? 1);
        this.#leases.set(lease, { ttlSeconds, ttlMs, expiresMs: this.#nowMs + ttlMs });
        return { kind: 'ok', revision, result: { kind: 'leaseGrant', ttlSeconds } };
      }
      case 'leaseRevoke':
        if (!this.#leases.has(operation.lease)) return { kind: 'failed', failure: 'leaseNotFound' };
        this.#endLease(operation.lease);
        this.#seen[member] = this.#timeline.revision;
        return { kind: 'ok', revision: this.#timeline.revision, result: { kind: 'leaseRevoke' } };
      case 'leaseKeepAlive': {
        const lease = this.#leases.get(operation.lease);
        if (lease === undefined) return { kind: 'failed', failure: 'leaseNotFound' };
        lease.expiresMs = this.#nowMs + lease.ttlMs;
        return {
          kind: 'ok',
          revision,
          result: { kind: 'leaseKeepAlive', ttlSeconds: lease.ttlSeconds },
        };
      }
    }
  }

  #applyKv(operation: KvOperation, member: number): Outcome {
    const lease = operation.kind === 'put' ? operation.lease : undefined;
    const needed = [lease, ...leasesOf(operation)].filter((id) => id !== undefined && id !== 0n);
    if (needed.some((id) => id !== undefined && !this.#leases.has(id))) {
      return { kind: 'failed', failure: 'leaseNotFound' };
    }
    const execution = execute(operation, this.#timeline);
    if (execution.kind === 'failed') return execution;
    if (oldestRead(operation, execution.result) < this.#compacted) {
      return { kind: 'failed', failure: 'compacted' };
    }
    if (execution.changes.length > 0) this.#timeline.append(execution.changes);
    const { revision } = this.#timeline;
    this.#seen[member] = revision;
    return { kind: 'ok', revision, result: execution.result };
  }

  /** As a member sees it that may not have heard of the latest. */
  #readLocally(operation: KvOperation, member: number): Outcome {
    const from = this.#seen[member] ?? 1;
    const revision = from + this.#options.rng.below(this.#timeline.revision - from + 1);
    this.#seen[member] = revision;
    const old = operation.kind === 'range' ? (operation.revision ?? 0) : 0;
    if (old > revision) return { kind: 'failed', failure: 'futureRevision' };
    if (old > 0 && old < this.#compacted) return { kind: 'failed', failure: 'compacted' };
    const then = operation.kind === 'range' && old === 0 ? { ...operation, revision } : operation;
    const execution = execute(then, this.#timeline);
    return execution.kind === 'ok' ? { kind: 'ok', revision, result: execution.result } : execution;
  }

  #expireLeases(): void {
    for (const [lease, { expiresMs }] of this.#leases) {
      if (expiresMs < this.#nowMs) this.#endLease(lease);
    }
  }

  #endLease(lease: bigint): void {
    this.#leases.delete(lease);
    const gone: Change[] = this.#timeline
      .all()
      .filter((kv) => kv.lease === lease)
      .map(({ key }) => ({ key, kv: undefined }));
    if (gone.length > 0) this.#timeline.append(gone);
  }
}

/** Of the old revisions that are read, in the branches that were taken. */
function oldestRead(operation: KvOperation, result: KvResult): number {
  if (operation.kind === 'range') return operation.revision || Infinity;
  if (operation.kind !== 'txn' || result.kind !== 'txn') return Infinity;
  const taken = result.succeeded ? operation.success : operation.failure;
  return Math.min(
    ...taken.map((part, i) => oldestRead(part, must(result.results[i], 'each part has a result'))),
  );
}

function leasesOf(operation: KvOperation): (bigint | undefined)[] {
  if (operation.kind === 'put') return [operation.lease];
  if (operation.kind !== 'txn') return [];
  return [...operation.success, ...operation.failure].flatMap(leasesOf);
}
