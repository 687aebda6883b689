import { HistoryRecorder } from '@etcd-ts/checker';
import type { HistoryEntry } from '@etcd-ts/checker';
import { SeededRng } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import { createMetrics } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';

import type { Answer } from '../clients/execution.js';
import { ClusterWatch, sentBy } from '../member/cluster-watch.js';
import type { Finding } from '../member/cluster-watch.js';
import { Machine } from '../member/machine.js';
import { SimulatedNetwork } from '../network/simulated-network.js';
import { EventQueue } from '../time/event-queue.js';
import type { Process } from '../time/event-queue.js';
import { Crowd } from './crowd.js';
import { FaultInjection } from './fault-injection.js';
import { judge } from './judgement.js';
import { Maintenance } from './maintenance.js';
import { urlOf } from './member-name.js';
import type { Plan } from './plan.js';
import { Reconfiguration } from './reconfiguration.js';
import { TraceHash } from './trace-hash.js';

export interface SimulationOptions {
  readonly logger: Logger;
  /** A run that takes longer than this in real time is given up as unjudged. */
  readonly expired?: () => boolean;
}

export interface SimulationResult {
  readonly plan: Plan;
  readonly finding: Finding | undefined;
  /** The checkers ran out of budget. */
  readonly unjudged: string | undefined;
  /** Of everything that happened: equal for equal plans. */
  readonly traceHash: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly operations: number;
  readonly answered: number;
  readonly elections: number;
  readonly faults: number;
  /** States that members took over from others. */
  readonly snapshots: number;
  /** Members added and removed. */
  readonly reconfigurations: number;
}

/** How long a healthy cluster may take to serve everybody again, in virtual time. */
const RECOVERY_MS = 60_000;
/** Then everybody gets what they are owed: watchers their events, followers the last entries. */
const SETTLE_MS = 6000;
const STEP_MS = 100;

export async function simulate(plan: Plan, options: SimulationOptions): Promise<SimulationResult> {
  const metrics = createMetrics({ serverVersion: '3.7.1', mode: 'basic', grpcMethods: [] });
  const simulation = new Simulation(plan, options, metrics);
  try {
    return await simulation.run();
  } finally {
    metrics.close();
  }
}

class Simulation {
  readonly #plan: Plan;
  readonly #options: SimulationOptions;
  readonly #queue = new EventQueue();
  readonly #watch = new ClusterWatch();
  readonly #network: SimulatedNetwork;
  readonly #machines: Machine[];
  readonly #byProcess = new Map<Process, Machine>();
  readonly #metrics: EtcdMetrics;
  readonly #recorder: HistoryRecorder;
  readonly #faults: FaultInjection;
  readonly #maintenance: Maintenance;
  readonly #reconfiguration: Reconfiguration;
  readonly #crowd: Crowd;
  readonly #traceHash = new TraceHash();
  #answered = 0;

  constructor(plan: Plan, options: SimulationOptions, metrics: EtcdMetrics) {
    this.#plan = plan;
    this.#options = options;
    this.#metrics = metrics;
    this.#network = new SimulatedNetwork(this.#queue, this.#rng(1), {
      sent: (process, message) => {
        const machine = this.#byProcess.get(process);
        this.#trace(message.type, Number(message.from), Number(message.to), message.term);
        sentBy(this.#watch, machine?.name ?? process.name, message);
      },
    });
    this.#network.weather = plan.weather;
    this.#machines = Array.from({ length: plan.members }, (_, i) => this.#machine(i));
    this.#recorder = new HistoryRecorder(() => this.#queue.nowMs);
    this.#reconfiguration = new Reconfiguration({
      queue: this.#queue,
      rng: this.#rng(4),
      found: (rule, message) => this.#watch.found(rule, message),
      machines: this.#machines,
      create: (name, initialCluster) =>
        this.#createMachine(this.#machines.length, name, initialCluster, 'existing'),
    });
    this.#faults = new FaultInjection({
      queue: this.#queue,
      rng: this.#rng(2),
      network: this.#network,
      machines: this.#machines,
      reconfiguration: this.#reconfiguration,
    });
    this.#maintenance = new Maintenance({
      queue: this.#queue,
      rng: this.#rng(3),
      machines: this.#machines,
      recorder: this.#recorder,
      watch: this.#watch,
      compactEveryMs: plan.compactEveryMs,
      compactAtPresentShare: plan.compactAtPresentShare,
    });
    this.#crowd = new Crowd({
      plan,
      queue: this.#queue,
      rng: (purpose) => this.#rng(purpose),
      recorder: this.#recorder,
      endpoints: () => this.#machines,
      newestRevision: () => this.#watch.newestRevision,
      compactedRevision: () => this.#maintenance.compacted,
      ended: (entry, answer) => this.#ended(entry, answer),
    });
  }

  /** One stream of chance each, so that fewer operations change no other's luck. */
  #rng(purpose: number): SeededRng {
    return new SeededRng(this.#plan.seed * 1009 + purpose);
  }

  #trace(what: string, ...numbers: readonly number[]): void {
    this.#traceHash.number(this.#queue.nowMs);
    this.#traceHash.text(what);
    for (const number of numbers) this.#traceHash.number(number);
  }

  #machine(number: number): Machine {
    const names = Array.from({ length: this.#plan.members }, (_, i) => nameOf(i));
    const initialCluster = names.map((name) => `${name}=${urlOf(name)}`).join(',');
    return this.#createMachine(number, nameOf(number), initialCluster, 'new');
  }

  #createMachine(
    number: number,
    name: string,
    initialCluster: string,
    state: 'new' | 'existing',
  ): Machine {
    const rng = this.#rng(100 + number + this.#byProcess.size);
    const { clockSkew, snapshotCount, snapshotCatchupEntries, segmentBytes } = this.#plan;
    const machine: Machine = new Machine({
      settings: {
        name,
        url: urlOf(name),
        initialCluster,
        state,
        snapshotCount,
        snapshotCatchupEntries,
        segmentBytes,
      },
      queue: this.#queue,
      rng,
      network: this.#network,
      watch: this.#watch,
      skew: {
        rate: 1 + clockSkew * (2 * rng.next() - 1),
        monotonicOffsetMs: rng.next() * 1e6,
        wallOffsetMs: clockSkew === 0 ? 0 : rng.next() * 60_000,
      },
      logger: this.#options.logger,
      metrics: this.#metrics,
      started: (process) => this.#byProcess.set(process, machine),
    });
    return machine;
  }

  async run(): Promise<SimulationResult> {
    const { durationMs, faults } = this.#plan;
    for (const machine of this.#machines) machine.start();
    this.#crowd.start();
    this.#maintenance.start();
    this.#faults.schedule(faults);
    await this.#advance(durationMs);
    if (this.#goesOn) await this.#comeToRest();
    if (this.#watch.finding === undefined) return this.#verdict();
    return this.#result(this.#watch.finding, undefined);
  }

  get #goesOn(): boolean {
    return this.#watch.finding === undefined && this.#options.expired?.() !== true;
  }

  #advance(byMs: number, done: () => boolean = () => false): Promise<void> {
    return this.#queue.run(this.#queue.nowMs + byMs, () => !this.#goesOn || done());
  }

  #ended(entry: HistoryEntry, answer: Answer): void {
    if (answer.kind === 'malformed') this.#watch.found('malformed-answer', answer.reason);
    if (answer.kind !== 'lost') this.#answered++;
    this.#trace(answer.kind, entry.client, answer.kind === 'ok' ? answer.revision : 0);
  }

  /** Faults end, clients finish; then the cluster must serve, and agree, within a fixed time. */
  async #comeToRest(): Promise<void> {
    this.#faults.endAll();
    this.#crowd.stop();
    const restedMs = this.#queue.nowMs + RECOVERY_MS;
    while (this.#goesOn && !this.#isWell()) {
      if (this.#queue.nowMs > restedMs) {
        this.#watch.found(
          'no-recovery',
          `after ${RECOVERY_MS} ms without faults: ${this.#state()}`,
        );
      }
      this.#faults.endAll();
      await this.#advance(STEP_MS);
    }
    await this.#advance(SETTLE_MS);
    this.#compareMembers();
    this.#crowd.finish(this.#watch.newestRevision);
    this.#maintenance.compareHashes(0);
    await this.#advance(STEP_MS);
  }

  /** There is one truth about who is a member. */
  #compareMembers(): void {
    const lists = new Map<string, string>();
    for (const machine of this.#machines) {
      const known = machine.serving()?.member.server.cluster.knownMembers();
      const list = known?.map(({ id, peerUrls, isLearner }) => `${id} ${peerUrls} ${isLearner}`);
      if (list !== undefined) lists.set(list.sort().join(), machine.name);
    }
    if (lists.size <= 1) return;
    const told = [...lists].map(([list, name]) => `${name}: ${list}`).join('; ');
    this.#watch.found('members-differ', told);
  }

  #isWell(): boolean {
    const machines = this.#machines.filter(({ isRemoved }) => !isRemoved);
    const commits = machines.map((machine) => machine.serving()?.member.server.facts.header());
    const revisions = new Set(commits.map((header) => header?.revision));
    return (
      !this.#reconfiguration.isBusy &&
      this.#crowd.isDone &&
      machines.filter((machine) => machine.leads).length === 1 &&
      revisions.size === 1 &&
      !revisions.has(undefined)
    );
  }

  #state(): string {
    return this.#machines
      .map((machine) => {
        const { member } = machine;
        if (member === undefined) return `${machine.name} is down`;
        const { role, term, commit, applied } = member.server.facts.raftStatus();
        const serves = machine.serving() === undefined ? 'does not serve' : 'serves';
        const { revision } = member.server.facts.header();
        return `${machine.name} ${serves}: ${role} in ${term}, commit ${commit}, applied ${applied}, revision ${revision}`;
      })
      .join('; ');
  }

  #verdict(): SimulationResult {
    const judged = judge({
      history: this.#recorder.history(),
      logs: this.#watch.eventLogs(),
      records: this.#crowd.records,
      compactedThrough: this.#maintenance.compactedThrough,
      clockSkew: this.#plan.clockSkew,
      expired: this.#options.expired ?? (() => false),
    });
    return this.#result(judged.finding, judged.unjudged);
  }

  #result(finding: Finding | undefined, unjudged: string | undefined): SimulationResult {
    for (const machine of this.#machines) machine.kill();
    return {
      plan: this.#plan,
      finding,
      unjudged,
      traceHash: this.#traceHash.value,
      virtualMs: this.#queue.nowMs,
      events: this.#queue.handled,
      operations: this.#recorder.history().length,
      answered: this.#answered,
      elections: this.#watch.elections,
      faults: this.#faults.injected,
      snapshots: this.#watch.snapshots,
      reconfigurations: this.#reconfiguration.done,
    };
  }
}

function nameOf(number: number): string {
  return `m${number}`;
}
