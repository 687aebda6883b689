import { HistoryRecorder } from '@etcd-ts/checker';
import type { HistoryEntry } from '@etcd-ts/checker';
import { SeededRng } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import { createMetrics } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';

import type { Answer } from '../clients/execution.js';
import { ClusterWatch, sentBy } from '../member/cluster-watch.js';
import type { Finding } from '../member/cluster-watch.js';
import { SimulatedNetwork } from '../network/simulated-network.js';
import { EventQueue } from '../time/event-queue.js';
import { ClusterHealth } from './cluster-health.js';
import { Crowd } from './crowd.js';
import { FaultInjection } from './fault-injection.js';
import { Fleet } from './fleet.js';
import { judge } from './judgement.js';
import type { Judgement } from './judgement.js';
import { Longevity } from './longevity.js';
import { Maintenance } from './maintenance.js';
import type { Era } from './era.js';
import { NamedPoints } from './named-points.js';
import { Pauses } from './pauses.js';
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
  /** Virtual time that was leapt over, for nothing happened in it. */
  readonly leaptMs: number;
  /** Members that stood still for a while. */
  readonly pauses: number;
  /** Linearizable reads that were answered, and under way then. */
  readonly readsInPauses: number;
  /** Of machines, at each named step. */
  readonly deathsAtPoints: ReadonlyMap<string, number>;
}

/** How long a healthy cluster may take to serve everybody again, in virtual time. */
const RECOVERY_MS = 60_000;
/** Then everybody gets what they are owed: watchers their events, followers the last entries. */
const SETTLE_MS = 6000;
/** What comes in the last of it (a lease that ends) may still be on its way to them. */
const ON_ITS_WAY_MS = 1000;
/** Where the usual is not enough for them. */
const RECOVERY_ELECTIONS = 6;
const SETTLE_HEARTBEATS = 3;
const HASTY = { electionMs: 0, heartbeatMs: 0 };
const STEP_MS = 100;
const COMPARE_EVERY_MS = 2500;

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
  readonly #fleet: Fleet;
  readonly #recorder: HistoryRecorder;
  readonly #faults: FaultInjection;
  readonly #maintenance: Maintenance;
  readonly #reconfiguration: Reconfiguration;
  readonly #crowd: Crowd;
  readonly #health: ClusterHealth;
  /** Of those that live for long. */
  readonly #longevity: Longevity | undefined;
  readonly #pauses = new Pauses();
  readonly #namedPoints: NamedPoints;
  readonly #traceHash = new TraceHash();
  #answered = 0;

  constructor(plan: Plan, options: SimulationOptions, metrics: EtcdMetrics) {
    this.#plan = plan;
    this.#options = options;
    this.#network = new SimulatedNetwork(
      this.#queue,
      this.#rng(1),
      {
        sent: (process, message) => {
          this.#traceMessage(message);
          sentBy(this.#watch, this.#fleet.nameOf(process), message);
        },
      },
      plan.era === undefined ? undefined : plan.seed,
    );
    this.#network.weather = plan.weather;
    this.#fleet = new Fleet({
      plan,
      queue: this.#queue,
      rng: (purpose) => this.#rng(purpose),
      network: this.#network,
      watch: this.#watch,
      logger: options.logger,
      metrics,
    });
    const { machines } = this.#fleet;
    this.#namedPoints = new NamedPoints({
      running: () => this.#queue.running,
      machineOf: (process) => this.#fleet.machineOf(process),
    });
    this.#recorder = new HistoryRecorder(() => this.#queue.nowMs);
    this.#reconfiguration = new Reconfiguration({
      queue: this.#queue,
      rng: this.#rng(4),
      found: (rule, message) => this.#watch.found(rule, message),
      machines,
      create: (name, initialCluster) => this.#fleet.add(name, initialCluster),
    });
    this.#faults = this.#injection();
    this.#maintenance = new Maintenance({
      queue: this.#queue,
      rng: this.#rng(3),
      machines,
      recorder: this.#recorder,
      watch: this.#watch,
      compactEveryMs: plan.compactEveryMs,
      compactAtPresentShare: plan.compactAtPresentShare,
      compareEveryMs: plan.era?.compareEveryMs ?? COMPARE_EVERY_MS,
    });
    this.#crowd = new Crowd({
      plan,
      queue: this.#queue,
      rng: (purpose) => this.#rng(purpose),
      recorder: this.#recorder,
      endpoints: () => machines,
      newestRevision: () => this.#watch.newestRevision,
      compactedRevision: () => this.#maintenance.compacted,
      forgottenRevision: () => this.#longevity?.forgottenRevision ?? 0,
      ended: (entry, answer) => this.#ended(entry, answer),
    });
    this.#health = new ClusterHealth(machines, this.#crowd, this.#reconfiguration);
    this.#longevity = plan.era && this.#longLife(plan.era);
  }

  #injection(): FaultInjection {
    return new FaultInjection({
      queue: this.#queue,
      rng: this.#rng(2),
      network: this.#network,
      machines: this.#fleet.machines,
      reconfiguration: this.#reconfiguration,
      pauses: this.#pauses,
      namedPoints: this.#namedPoints,
      clockSkew: this.#plan.clockSkew,
      began: (forMs) => this.#longevity?.troubled(forMs),
    });
  }

  #longLife(era: Era): Longevity {
    return new Longevity({
      plan: this.#plan,
      era,
      queue: this.#queue,
      machines: this.#fleet.machines,
      network: this.#network,
      watch: this.#watch,
      recorder: this.#recorder,
      crowd: this.#crowd,
      reconfiguration: this.#reconfiguration,
      expired: this.#options.expired ?? (() => false),
    });
  }

  /** One stream of chance each, so that fewer operations change no other's luck. */
  #rng(purpose: number): SeededRng {
    return new SeededRng(this.#plan.seed * 1009 + purpose);
  }

  /** How often heartbeats go round depends on what is left out of calm years. */
  #traceMessage({ type, from, to, term }: Message): void {
    const isPulse = type === 'heartbeat' || type === 'heartbeatResponse';
    if (isPulse && this.#plan.era !== undefined) return;
    this.#trace(type, Number(from), Number(to), term);
  }

  #trace(what: string, ...numbers: readonly number[]): void {
    this.#traceHash.number(this.#queue.nowMs);
    this.#traceHash.text(what);
    for (const number of numbers) this.#traceHash.number(number);
  }

  async run(): Promise<SimulationResult> {
    const deactivate = this.#namedPoints.activate();
    try {
      return await this.#run();
    } finally {
      deactivate();
    }
  }

  async #run(): Promise<SimulationResult> {
    const { durationMs, faults } = this.#plan;
    for (const machine of this.#fleet.machines) machine.start();
    this.#crowd.start();
    this.#maintenance.start();
    this.#faults.schedule(faults);
    this.#longevity?.start();
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
    this.#longevity?.ended(entry);
    if (answer.kind === 'malformed') this.#watch.found('malformed-answer', answer.reason);
    if (answer.kind !== 'lost') this.#answered++;
    if (answer.kind === 'ok') this.#pauses.answered(entry);
    this.#trace(answer.kind, entry.client, answer.kind === 'ok' ? answer.revision : 0);
  }

  /** Faults end, clients finish; then the cluster must serve, and agree, within a fixed time. */
  async #comeToRest(): Promise<void> {
    this.#faults.endAll();
    this.#crowd.stop();
    const { electionMs, heartbeatMs } = this.#plan.era ?? HASTY;
    const recoveryMs = RECOVERY_MS + RECOVERY_ELECTIONS * electionMs;
    this.#longevity?.troubled(recoveryMs);
    const restedMs = this.#queue.nowMs + recoveryMs;
    while (this.#goesOn && !this.#health.isWell) {
      if (this.#queue.nowMs > restedMs) {
        this.#watch.found(
          'no-recovery',
          `after ${recoveryMs} ms without faults: ${this.#health.describe()}`,
        );
      }
      this.#faults.endAll();
      await this.#advance(STEP_MS);
    }
    await this.#advance(SETTLE_MS + SETTLE_HEARTBEATS * heartbeatMs - ON_ITS_WAY_MS);
    this.#crowd.owe(this.#watch.newestRevision);
    await this.#advance(ON_ITS_WAY_MS);
    const disagreement = this.#health.disagreement();
    if (disagreement !== undefined) this.#watch.found('members-differ', disagreement);
    this.#crowd.finish();
    this.#maintenance.compareHashes(0);
    await this.#advance(STEP_MS);
  }

  #verdict(): SimulationResult {
    const judged = this.#longevity?.judgeRest() ?? this.#judge();
    return this.#result(this.#watch.finding ?? judged.finding, judged.unjudged);
  }

  #judge(): Judgement {
    return judge({
      history: this.#recorder.history(),
      logs: this.#watch.eventLogs(),
      records: this.#crowd.records,
      compactedThrough: this.#maintenance.compactedThrough,
      clockSkew: this.#plan.clockSkew,
      expired: this.#options.expired ?? (() => false),
    });
  }

  #result(finding: Finding | undefined, unjudged: string | undefined): SimulationResult {
    for (const machine of this.#fleet.machines) machine.kill();
    return {
      plan: this.#plan,
      finding,
      unjudged,
      traceHash: this.#traceHash.value,
      virtualMs: this.#queue.nowMs,
      events: this.#queue.handled,
      operations: this.#longevity?.operations ?? this.#recorder.size,
      answered: this.#answered,
      elections: this.#watch.elections,
      faults: this.#faults.injected,
      snapshots: this.#watch.snapshots,
      reconfigurations: this.#reconfiguration.done,
      leaptMs: this.#queue.leaptMs,
      pauses: this.#pauses.count,
      readsInPauses: this.#pauses.reads,
      deathsAtPoints: this.#namedPoints.deaths,
    };
  }
}
