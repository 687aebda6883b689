import { SeededRng, type Rng } from '@etcd-ts/foundation';
import { explain, FRESH_STORE, type Baseline, type WatchRecord } from '@etcd-ts/checker';
import { eventually, pause, type ClusterMember, type EtcdCluster } from '@etcd-ts/testkit';

import { untilServed } from '../cluster/faults/recovery.js';
import { ClusterLoad, type Caller } from '../cluster/load/cluster-load.js';
import { verify, type Verified } from '../cluster/load/verification.js';
import type { ChaosFault, Inflicted } from './faults/chaos-fault.js';
import { Disturbing } from './traffic/disturbance.js';
import { NearWatches } from './traffic/near-watches.js';
import { Etcd3Clients, OwnClients } from './traffic/other-clients.js';
import { V2Keys } from './traffic/v2-keys.js';
import { trafficOf, type Traffic, type WorkloadKind } from './traffic/workload-kinds.js';

/** As etcd's robustness tests: with fewer before the fault, a run proves nothing. */
const LEAST_PER_SECOND = 100;
const WARM_UP_LIMIT_MS = 60_000;
/** Clients that go through libs/client, and through the npm client; the others are plain gRPC. */
const OWN_CLIENT = 3;
const NPM_CLIENT = 4;
const CLIENTS = 32;
const THINK_MS = 1;
/** Numbered apart from all other clients. */
const COMPACTING_CLIENT = 700_000;
const DEADLINE_MS = 10_000;
/** A learner joins, is promoted, leaves. */
const CHANGES_AROUND = 3;

export interface SceneSetup {
  readonly workload: WorkloadKind;
  readonly seed: number;
  readonly base?: Baseline;
  /** Watchers that come and go, also where the workload has none. */
  readonly watchers?: boolean;
  readonly clients?: number;
  readonly thinkMs?: number;
}

export interface RoundTerms {
  /** Over so long the rate of answers is taken before the fault. */
  readonly rateOverMs: number;
  /** Resolves when the fault has lasted for long enough. */
  lasted(fault: ChaosFault, inflicted: Inflicted, rng: Rng): Promise<void>;
}

/** One fault, from the load before it to the first write that is answered after it. */
export type RoundEnd =
  | {
      readonly kind: 'felt';
      readonly effect: string;
      /** Members ended or stopped, changes made: as the fault counts. */
      readonly times: number;
      /** Changes of the membership around the fault. */
      readonly changes: number;
      /** Linearizable reads that were answered while it lasted. */
      readonly reads: number;
      /** From the moment its end began until a write was answered, by whichever member. */
      readonly servedAfterMs: number;
    }
  | { readonly kind: 'void'; readonly reason: string };

/** Clients, watchers and what disturbs them on a cluster, from a quiet point to the next. */
export class ChaosScene {
  readonly load: ClusterLoad;
  readonly #cluster: EtcdCluster;
  readonly #rng: Rng;
  readonly #traffic: Traffic;
  readonly #watches: NearWatches;
  readonly #disturbing: readonly Disturbing[];
  readonly #v2: V2Keys | undefined;
  readonly #clients: SpecialClients;
  #joined: ClusterMember | undefined;
  #verified: Verified | undefined;

  static async open(cluster: EtcdCluster, setup: SceneSetup): Promise<ChaosScene> {
    const { base = FRESH_STORE } = setup;
    const traffic = trafficOf(setup.workload, base.revision);
    const clients = { own: new OwnClients(), npm: new Etcd3Clients() };
    const load = loadOf(cluster, setup, traffic, clients);
    await compactBefore(cluster, load);
    load.begin();
    return new ChaosScene(cluster, setup, traffic, load, clients);
  }

  private constructor(
    cluster: EtcdCluster,
    { seed, watchers }: SceneSetup,
    traffic: Traffic,
    load: ClusterLoad,
    clients: SpecialClients,
  ) {
    this.#cluster = cluster;
    this.#rng = new SeededRng(seed);
    this.#traffic = traffic;
    this.load = load;
    this.#clients = clients;
    const around = { cluster, load, rng: this.#rng };
    const { prefixes, disturbances, v2 } = traffic;
    this.#watches = new NearWatches(cluster, load, new SeededRng(seed + 1), prefixes);
    if (traffic.watchers !== true && watchers !== true) void this.#watches.stop();
    this.#disturbing = disturbances.map((disturbance) => new Disturbing(disturbance, around));
    this.#v2 = v2 === true ? new V2Keys(cluster, seed) : undefined;
  }

  get verified(): Verified | undefined {
    return this.#verified;
  }

  get watchRecords(): readonly WatchRecord[] {
    return [...this.load.watches, ...this.#watches.records];
  }

  /** All that was judged, by whichever checker. */
  get operations(): number {
    return (this.#verified?.operations ?? 0) + (this.#v2?.answered ?? 0);
  }

  /** Those of them that were answered so far: the others say little. */
  get answered(): number {
    return this.load.answered + (this.#v2?.answered ?? 0);
  }

  /** Rejects when nobody serves afterwards, or something was done that cannot be undone. */
  async round(fault: ChaosFault, { rateOverMs, lasted }: RoundTerms): Promise<RoundEnd> {
    const rate = await this.#warmUp(rateOverMs);
    if (rate < LEAST_PER_SECOND) {
      return { kind: 'void', reason: `${rate.toFixed(0)} operations a second before the fault` };
    }
    const changes = await this.#join();
    const site = {
      cluster: this.#cluster,
      load: this.load,
      watches: this.#watches,
      rng: this.#rng,
    };
    await this.#cluster.leader();
    const readsBefore = this.load.linearizableReads;
    const inflicted = await fault.inflict(site);
    if (inflicted.isOver !== true) await lasted(fault, inflicted, this.#rng);
    const [servedAfterMs] = await Promise.all([
      untilServed(this.#cluster, this.load),
      inflicted.heal(),
    ]);
    const reads = this.load.linearizableReads - readsBefore;
    await this.#leave();
    // The write above may have been answered by those that felt nothing, before the others were back.
    await untilServed(this.#cluster, this.load);
    const effect = inflicted.proof();
    if (effect === undefined) return { kind: 'void', reason: 'nobody felt the fault' };
    return { kind: 'felt', effect, times: inflicted.times ?? 1, changes, reads, servedAfterMs };
  }

  /** The quiet point. Rejects with what is wrong; only else can the cluster be used again. */
  async verify(): Promise<void> {
    await Promise.all(this.#disturbing.map((disturbing) => disturbing.stop()));
    await this.#v2?.stop();
    await this.load.stop();
    await this.#watches.stop();
    await eventually(
      'every member is up',
      () => this.#cluster.members.every(({ isUp }) => isUp) || undefined,
    );
    for (const disturbing of this.#disturbing) await disturbing.settle();
    await fence(this.#cluster, this.load);
    this.#verified = await verify(this.#cluster, this.load, this.#watches.records);
    const verdict = this.#traffic.judge?.(this.#verified);
    if (verdict?.kind === 'violation') throw new Error(explain(verdict.violation));
    await this.#v2?.verify();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#disturbing.map((disturbing) => disturbing.stop()));
    await this.#v2?.stop();
    await this.load.stop();
    await this.#watches.stop();
    await this.load.stopWatching();
    this.#clients.own.close();
    this.#clients.npm.close();
  }

  async #warmUp(overMs: number): Promise<number> {
    const limit = performance.now() + WARM_UP_LIMIT_MS;
    for (;;) {
      const before = this.answered;
      const sinceMs = performance.now();
      await pause(overMs);
      const rate = ((this.answered - before) * 1_000) / (performance.now() - sinceMs);
      if (rate >= LEAST_PER_SECOND || performance.now() > limit) return rate;
    }
  }

  /** The membership changes of the round: before the fault, and after it. How many there are. */
  async #join(): Promise<number> {
    if (this.#traffic.reconfigures !== true) return 0;
    this.#joined = await this.#cluster.add({ learner: true });
    await this.#joined.start();
    await this.#cluster.promote(this.#joined);
    return CHANGES_AROUND;
  }

  async #leave(): Promise<void> {
    const joined = this.#joined;
    if (joined === undefined) return;
    this.#joined = undefined;
    await this.#cluster.leader();
    await this.#cluster.remove(joined);
    await this.#cluster.retire(joined);
  }
}

interface SpecialClients {
  readonly own: OwnClients;
  readonly npm: Etcd3Clients;
}

function loadOf(
  cluster: EtcdCluster,
  { seed, base = FRESH_STORE, clients = CLIENTS, thinkMs = THINK_MS }: SceneSetup,
  { workloads, stalls, callerFor }: Traffic,
  { own, npm }: SpecialClients,
): ClusterLoad {
  const usualCaller = (client: number): Caller | undefined =>
    client === OWN_CLIENT ? own.call : client === NPM_CLIENT ? npm.call : undefined;
  return new ClusterLoad(cluster, {
    seed,
    base,
    clients,
    thinkMs,
    workloads: () => workloads,
    callerFor: callerFor ?? usualCaller,
    ...(stalls === undefined ? {} : { stalls }),
  });
}

/**
 * All that was before the scene is cut off, so that neither hashes nor stores grow with the number of
 * scenes. It is the first operation of the history: whoever reads below it is refused.
 */
async function compactBefore(cluster: EtcdCluster, load: ClusterLoad): Promise<void> {
  const { revision } = load.base;
  if (revision <= FRESH_STORE.revision) return;
  const leader = await cluster.leader();
  await load.perform(COMPACTING_CLIENT, { kind: 'compact', revision }, leader, DEADLINE_MS);
}

/**
 * Requests of which nobody knows what became of them may still be on their way. A member that was
 * asked later and has answered has passed on all that it was asked before.
 */
async function fence({ members }: EtcdCluster, load: ClusterLoad): Promise<void> {
  for (const member of members) {
    await eventually(`${member.name} serves a write`, async () => {
      const { kind } = await load.pulse(member, DEADLINE_MS);
      return kind === 'ok' ? true : undefined;
    });
  }
}
