import type { HistoryEntry, HistoryRecorder } from '@etcd-ts/checker';

import type { ClusterWatch } from '../member/cluster-watch.js';
import type { Machine } from '../member/machine.js';
import type { SimulatedNetwork } from '../network/simulated-network.js';
import type { EventQueue } from '../time/event-queue.js';
import { ClusterRest } from './cluster-rest.js';
import type { Crowd } from './crowd.js';
import type { Era } from './era.js';
import { HistoryWindows } from './history-windows.js';
import type { Judgement } from './judgement.js';
import { LeaseLedger } from './lease-ledger.js';
import type { Plan } from './plan.js';
import type { Reconfiguration } from './reconfiguration.js';

export interface LongevityParts {
  readonly plan: Plan;
  readonly era: Era;
  readonly queue: EventQueue;
  readonly machines: readonly Machine[];
  readonly network: SimulatedNetwork;
  readonly watch: ClusterWatch;
  readonly recorder: HistoryRecorder;
  readonly crowd: Crowd;
  readonly reconfiguration: Reconfiguration;
  readonly expired: () => boolean;
}

/** It is only worth judging where somebody rests for so long. */
const MIN_REST_MS = 60_000;
/** After a trouble is over: members start, elect, catch up. */
const RECOVERS_WITHIN_MS = 60_000;
const RECOVERY_ELECTIONS = 8;
const CENSUS_RETRY_MS = 90_000;

/** As etcd keeps them by default; one is written while the oldest is removed. */
const MAX_FILES = 5;
const MAX_SNAPSHOT_FILES = MAX_FILES + 2;
/** Rough, from above: an entry of the simulated clients on disk. */
const ENTRY_BYTES = 800;
/** Of the logs that the simulator looks at: enough for every member that lags. */
const KEPT_ENTRIES = 20_000;
/** A few a client, watcher and member. */
const MAX_QUEUED = 2000;

/**
 * What is different about clusters that live for long: time leaps where nothing happens, what happened is
 * judged in pieces and forgotten, leases are kept account of over all pieces, and nothing may grow,
 * pile up, or happen without a reason.
 */
export class Longevity {
  readonly #parts: LongevityParts;
  readonly #windows: HistoryWindows;
  readonly #ledger: LeaseLedger;
  #troubledUntilMs = 0;
  #unjudged: string | undefined;

  constructor(parts: LongevityParts) {
    this.#parts = parts;
    const { plan, era, queue, watch } = parts;
    const { clockSkew } = plan;
    this.#ledger = new LeaseLedger({
      clockSkew,
      electionMs: era.electionMs,
      checkpoints: era.leaseCheckpoint,
      found: (rule, message) => watch.found(rule, message),
    });
    this.#windows = new HistoryWindows({
      ...parts,
      clockSkew,
      ledger: this.#ledger,
      nowMs: () => queue.nowMs,
    });
    watch.onElection = () => this.#elected();
    queue.leaper = new ClusterRest({ ...parts, resting: (untilMs) => this.#resting(untilMs) });
  }

  get operations(): number {
    return this.#windows.operations;
  }

  get forgottenRevision(): number {
    return this.#windows.baseRevision;
  }

  start(): void {
    this.#countLater(this.#parts.era.censusEveryMs);
    this.troubled(0);
  }

  ended(entry: HistoryEntry): void {
    this.#ledger.ended(entry);
  }

  /** Something is done to the cluster that may cost it its leader, for so long. */
  troubled(forMs: number): void {
    const { era, queue } = this.#parts;
    const recoveryMs = RECOVERS_WITHIN_MS + RECOVERY_ELECTIONS * era.electionMs;
    const untilMs = queue.nowMs + forMs + recoveryMs;
    this.#troubledUntilMs = Math.max(this.#troubledUntilMs, untilMs);
    this.#ledger.troubled(queue.nowMs, forMs + recoveryMs);
  }

  judgeRest(): Judgement {
    const judgement = this.#windows.closeLast();
    return judgement.unjudged === undefined && this.#unjudged !== undefined
      ? { ...judgement, unjudged: this.#unjudged }
      : judgement;
  }

  #elected(): void {
    const { queue, watch, reconfiguration } = this.#parts;
    this.#ledger.elected(queue.nowMs);
    if (queue.nowMs <= this.#troubledUntilMs || reconfiguration.isBusy) return;
    const quietMs = Math.round(queue.nowMs - this.#troubledUntilMs);
    watch.found('needless-election', `though all had been well for ${quietMs} ms`);
  }

  #resting(untilMs: number): void {
    const { queue, watch, machines } = this.#parts;
    if (untilMs - queue.nowMs < MIN_REST_MS) return;
    const judgement = this.#windows.close();
    if (judgement === undefined) return;
    if (judgement.finding !== undefined) {
      watch.found(judgement.finding.rule, judgement.finding.message);
    }
    this.#unjudged ??= judgement.unjudged;
    for (const machine of machines) machine.forget(KEPT_ENTRIES);
    this.#measure();
  }

  /** What is kept for a while only must not pile up. */
  #measure(): void {
    const { plan, machines, queue, watch } = this.#parts;
    const perSnapshot = (2 * plan.snapshotCount * ENTRY_BYTES) / plan.segmentBytes;
    const maxWal = MAX_FILES + 3 + Math.ceil(perSnapshot);
    for (const machine of machines) {
      const { wal, snap } = machine.fileCounts();
      if (wal > maxWal) watch.found('files-pile-up', `${machine.name} has ${wal} files of its log`);
      if (snap > MAX_SNAPSHOT_FILES) {
        watch.found('files-pile-up', `${machine.name} has ${snap} snapshot files`);
      }
    }
    if (queue.size > MAX_QUEUED) watch.found('events-pile-up', `${queue.size} wait to happen`);
  }

  #countLater(inMs: number): void {
    const { queue, era } = this.#parts;
    queue.in(inMs, undefined, () => {
      this.#countLater(this.#count() ? era.censusEveryMs : CENSUS_RETRY_MS);
    });
  }

  /** The leader is asked which leases there are, when nobody does anything about them. */
  #count(): boolean {
    const { queue, crowd, machines, network } = this.#parts;
    const leader = machines.find((machine) => machine.leads);
    const serving = leader?.serving();
    const isQuiet = crowd.isIdle && queue.nowMs > this.#troubledUntilMs && network.isFine;
    if (serving === undefined || !isQuiet) return false;
    queue.in(0, serving.process, () => {
      const atMs = queue.nowMs;
      void serving.member.server.leases.list().then((leases) => this.#ledger.census(leases, atMs));
    });
    return true;
  }
}
