import {
  EtcdMixWorkload,
  FRESH_STORE,
  HistoryRecorder,
  isOfTheNewest,
  ListAppendWorkload,
  RegisterWorkload,
  type Baseline,
  type HistoryEntry,
  type Operation,
  type WatchRecord,
  type Workload,
} from '@etcd-ts/checker';
import { SeededRng } from '@etcd-ts/foundation';
import { pause, type ClusterMember, type EtcdCluster } from '@etcd-ts/testkit';

import { LiveWatch } from './live-watch.js';
import { call, type CallEnd } from './operation-call.js';

export interface LoadOptions {
  readonly seed: number;
  /** What was in the cluster before. */
  readonly base?: Baseline;
  readonly clients?: number;
  /** Between two requests of one client. */
  readonly thinkMs?: number;
  /** What the clients do, in turn; `unique` differs from that of every load before. */
  readonly workloads?: (unique: number) => readonly Workload[];
  /** What carries the requests of a client; the one connection of the member unless said. */
  readonly callerFor?: (client: number) => Caller | undefined;
  /** Clients that stand still now and then, for so long: longer than their leases live. */
  readonly stalls?: { readonly oneIn: number; readonly durationMs: number };
}

/** Sends an operation to a member, once. */
export type Caller = (
  member: ClusterMember,
  operation: Operation,
  deadlineMs: number,
) => Promise<CallEnd>;

/** Between two requests of one client: much contention, little heat. */
const THINK_MS = 10;
const AFTER_FAILURE_MS = 50;
const DEADLINE_MS = 3_000;
const DEFAULT_CLIENTS = 8;
/** Every third client goes to any member; the others stay with theirs. */
const ROAMING_EVERY = 3;
/** The clients of pulses are numbered apart from those of the load. */
const FIRST_PULSE_CLIENT = 1_000;

/**
 * Clients that read and write all members at once, and watchers at each of them, all written down.
 * No client sends anything twice: what got no answer stays unknown.
 */
export class ClusterLoad {
  readonly base: Baseline;
  readonly #cluster: EtcdCluster;
  readonly #options: LoadOptions;
  readonly #recorder = new HistoryRecorder(() => performance.now());
  readonly #workloads: readonly Workload[];
  readonly #watches = new Map<string, LiveWatch>();
  #running: Promise<unknown> | undefined;
  #stopping = false;
  #revision: number;
  #acknowledgedWrites = 0;
  #answered = 0;
  #linearizableReads = 0;
  #pulses = 0;
  readonly #pulsing = new Set<Promise<CallEnd>>();
  readonly #messages = new Map<string, number>();

  constructor(cluster: EtcdCluster, options: LoadOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.base = options.base ?? FRESH_STORE;
    this.#revision = this.base.revision;
    const unique = this.base.revision;
    this.#workloads = (options.workloads ?? everything)(unique);
  }

  static start(cluster: EtcdCluster, options: LoadOptions): ClusterLoad {
    const load = new ClusterLoad(cluster, options);
    load.begin();
    return load;
  }

  begin(): void {
    const count = this.#options.clients ?? DEFAULT_CLIENTS;
    const clients = Array.from({ length: count }, (_, client) => this.#client(client));
    this.#running = Promise.all([...clients, this.#keepWatching()]);
  }

  /** The newest revision anyone was told. */
  get revision(): number {
    return this.#revision;
  }

  /** Operations that were answered, of whatever kind. */
  get answered(): number {
    return this.#answered;
  }

  get acknowledgedWrites(): number {
    return this.#acknowledgedWrites;
  }

  /** Reads of the newest state that were answered, so far. */
  get linearizableReads(): number {
    return this.#linearizableReads;
  }

  /** What requests failed with, and how often. */
  get messages(): ReadonlyMap<string, number> {
    return this.#messages;
  }

  get history(): readonly HistoryEntry[] {
    return this.#recorder.history();
  }

  get watches(): readonly WatchRecord[] {
    return [...this.#watches.values()].flatMap(({ records }) => records);
  }

  /** A put of a key of its own to one member, now; resolves with how it ended. */
  pulse(member: ClusterMember, deadlineMs: number, valueBytes = 0): Promise<CallEnd> {
    const number = this.#pulses++;
    const key = `pulse/${this.base.revision}/${number % 10}`;
    const value = `pulse ${number}`.padEnd(valueBytes);
    const operation: Operation = { kind: 'put', key, value };
    const end = this.perform(FIRST_PULSE_CLIENT + number, operation, member, deadlineMs);
    this.#pulsing.add(end);
    return end.finally(() => this.#pulsing.delete(end));
  }

  /** Lets the clients finish what they have sent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#pulsing);
  }

  /** Ends the watchers, which may first catch up with what happened. */
  async stopWatching(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }

  watchAt(member: ClusterMember): LiveWatch | undefined {
    return this.#watches.get(member.identity);
  }

  async #client(client: number): Promise<void> {
    const rng = new SeededRng(this.#options.seed * 1_000 + client);
    const { stalls, thinkMs } = this.#options;
    const workload = this.#workloads[client % this.#workloads.length];
    const roams = client % ROAMING_EVERY === ROAMING_EVERY - 1;
    while (!this.#stopping) {
      const members = roams ? this.#cluster.awake : this.#cluster.members;
      const member = members[roams ? rng.below(members.length) : client % members.length];
      if (member !== undefined && workload !== undefined) {
        const operation = judgeable(workload.next(client, rng, this.#revision));
        const end = await this.perform(client, operation, member, DEADLINE_MS, workload);
        await pause(end.kind === 'ok' ? (thinkMs ?? THINK_MS) : AFTER_FAILURE_MS);
        if (stalls !== undefined && rng.below(stalls.oneIn) === 0) await pause(stalls.durationMs);
      } else await pause(AFTER_FAILURE_MS);
    }
  }

  /** Of any client, workload or none; written down like all others. */
  async perform(
    client: number,
    operation: Operation,
    member: ClusterMember,
    deadlineMs: number,
    workload?: Workload,
  ): Promise<CallEnd> {
    const record = this.#recorder.invoke(client, operation, member.identity);
    const caller = this.#options.callerFor?.(client);
    const end = await (caller === undefined
      ? call(member.client, operation, deadlineMs)
      : caller(member, operation, deadlineMs));
    if (end.kind === 'ok') {
      this.#revision = Math.max(this.#revision, end.revision);
      this.#answered++;
      if (operation.kind !== 'range') this.#acknowledgedWrites++;
      else if (isOfTheNewest(operation)) this.#linearizableReads++;
      const entry = record.ok(end.revision, end.result);
      workload?.learn(entry);
      return end;
    }
    this.#messages.set(end.message, (this.#messages.get(end.message) ?? 0) + 1);
    const entry = end.kind === 'failed' ? record.failed(end.failure) : record.unknown();
    workload?.learn(entry);
    return end;
  }

  /** A watcher for each member, also for those that join later. */
  async #keepWatching(): Promise<void> {
    while (!this.#stopping) {
      for (const member of this.#cluster.members) {
        if (this.#watches.has(member.identity)) continue;
        // Its data may be empty yet: what it watches for is in its future.
        this.#watches.set(member.identity, new LiveWatch(member, this.base.revision + 1));
      }
      await pause(AFTER_FAILURE_MS);
    }
  }
}

function everything(unique: number): readonly Workload[] {
  return [
    new RegisterWorkload({ prefix: `register/${unique}/` }),
    new EtcdMixWorkload({
      prefix: `mix/${unique}/`,
      firstLease: BigInt(unique) * 1_000_000n + 1n,
    }),
    new ListAppendWorkload({ prefix: `list/${unique}/` }),
  ];
}

/**
 * With the values: asked for keys only, this server shows no leases and the original does, so the
 * checkers could not judge both.
 */
function judgeable(operation: Operation): Operation {
  return operation.kind === 'range' ? { ...operation, keysOnly: false } : operation;
}
