import { SeededRng, type Rng } from '@etcd-ts/foundation';
import { explain, FRESH_STORE, type Baseline, type WatchRecord } from '@etcd-ts/checker';
import { eventually, pause, type ClusterMember, type EtcdCluster } from '@etcd-ts/testkit';

import { untilServed } from '../cluster/faults/recovery.js';
import { ClusterLoad } from '../cluster/load/cluster-load.js';
import { verify, type Verified } from '../cluster/load/verification.js';
import type { Cell, Outcome } from './cell.js';
import type { Inflicted } from './faults/chaos-fault.js';
import { Disturbing } from './traffic/disturbance.js';
import { NearWatches } from './traffic/near-watches.js';
import { Etcd3Clients, OwnClients } from './traffic/other-clients.js';
import { V2Keys } from './traffic/v2-keys.js';
import { trafficOf, type Traffic } from './traffic/workload-kinds.js';

/** As etcd's robustness tests: with fewer before the fault, a run proves nothing. */
const LEAST_PER_SECOND = 100;
const RATE_OVER_MS = 1_000;
const WARM_UP_LIMIT_MS = 60_000;
/** Clients that go through libs/client, and through the npm client; the others are plain gRPC. */
const OWN_CLIENT = 3;
const NPM_CLIENT = 4;
const CLIENTS = 32;
const THINK_MS = 1;
const LASTS_MS = [0, 4_000] as const;
/** What comes after the fault is part of the run, too. */
const AFTERMATH_MS = 500;

/** One fault under one workload on a cluster that may have seen others before. */
export class ChaosRun {
  readonly #cluster: EtcdCluster;
  readonly #cell: Cell;
  readonly #rng: Rng;
  readonly #traffic: Traffic;
  readonly #load: ClusterLoad;
  readonly #watches: NearWatches;
  readonly #disturbing: readonly Disturbing[];
  readonly #v2: V2Keys | undefined;
  readonly #own = new OwnClients();
  readonly #npm = new Etcd3Clients();
  #joined: ClusterMember | undefined;
  #verified: Verified | undefined;

  constructor(cluster: EtcdCluster, cell: Cell, seed: number, base: Baseline = FRESH_STORE) {
    this.#cluster = cluster;
    this.#cell = cell;
    this.#rng = new SeededRng(seed);
    this.#traffic = trafficOf(cell.workload, base.revision);
    const { workloads, stalls, prefixes, disturbances, watchers, v2 } = this.#traffic;
    this.#load = ClusterLoad.start(cluster, {
      seed,
      base,
      clients: CLIENTS,
      thinkMs: THINK_MS,
      workloads: () => workloads,
      callerFor: (client) =>
        client === OWN_CLIENT ? this.#own.call : client === NPM_CLIENT ? this.#npm.call : undefined,
      ...(stalls === undefined ? {} : { stalls }),
    });
    const around = { cluster, load: this.#load, rng: this.#rng };
    this.#watches = new NearWatches(cluster, this.#load, new SeededRng(seed + 1), prefixes);
    if (watchers !== true && cell.fault.row !== 'F14') void this.#watches.stop();
    this.#disturbing = disturbances.map((disturbance) => new Disturbing(disturbance, around));
    this.#v2 = v2 === true ? new V2Keys(cluster, seed) : undefined;
  }

  /** What the next run on this cluster begins with. */
  get base(): Baseline | undefined {
    return this.#verified?.base;
  }

  get history(): ClusterLoad['history'] {
    return this.#load.history;
  }

  get watchRecords(): readonly WatchRecord[] {
    return [...this.#load.watches, ...this.#watches.records];
  }

  /** Rejects with what is wrong. The cluster can be used again only when this resolves. */
  async run(): Promise<Outcome> {
    try {
      const rate = await this.#warmUp();
      if (rate < LEAST_PER_SECOND) {
        await this.#verify();
        return this.#void(`${rate.toFixed(0)} operations a second before the fault`);
      }
      await this.#join();
      const inflicted = await this.#fault();
      await this.#leave();
      await untilServed(this.#cluster, this.#load);
      await pause(AFTERMATH_MS);
      await this.#verify();
      const effect = inflicted.proof();
      if (effect === undefined) return this.#void('nobody felt the fault');
      return { kind: 'kept', effect, operations: this.#operations };
    } finally {
      await this.#stop();
    }
  }

  get #operations(): number {
    return (this.#verified?.operations ?? 0) + (this.#v2?.answered ?? 0);
  }

  #void(reason: string): Outcome {
    return { kind: 'void', reason, operations: this.#operations };
  }

  async #warmUp(): Promise<number> {
    const answered = (): number => this.#load.answered + (this.#v2?.answered ?? 0);
    const limit = performance.now() + WARM_UP_LIMIT_MS;
    for (;;) {
      const before = answered();
      await pause(RATE_OVER_MS);
      const rate = ((answered() - before) * 1_000) / RATE_OVER_MS;
      if (rate >= LEAST_PER_SECOND || performance.now() > limit) return rate;
    }
  }

  async #fault(): Promise<Inflicted> {
    const { fault } = this.#cell;
    const site = {
      cluster: this.#cluster,
      load: this.#load,
      watches: this.#watches,
      rng: this.#rng,
    };
    await this.#cluster.leader();
    const inflicted = await fault.inflict(site);
    const [least, most] = fault.lastsMs ?? LASTS_MS;
    if (inflicted.isOver !== true) await pause(least + this.#rng.below(most - least));
    await inflicted.heal();
    return inflicted;
  }

  /** The membership changes of the run: one before the fault, one after it. */
  async #join(): Promise<void> {
    if (this.#traffic.reconfigures !== true) return;
    this.#joined = await this.#cluster.add({ learner: true });
    await this.#joined.start();
    await this.#cluster.promote(this.#joined);
  }

  async #leave(): Promise<void> {
    if (this.#joined === undefined) return;
    await this.#cluster.leader();
    await this.#cluster.remove(this.#joined);
    await this.#cluster.retire(this.#joined);
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#disturbing.map((disturbing) => disturbing.stop()));
    await this.#v2?.stop();
    await this.#load.stop();
    await this.#watches.stop();
    await this.#load.stopWatching();
    this.#own.close();
    this.#npm.close();
  }

  async #verify(): Promise<void> {
    await Promise.all(this.#disturbing.map((disturbing) => disturbing.stop()));
    await this.#v2?.stop();
    await this.#load.stop();
    await this.#watches.stop();
    await eventually(
      'every member is up',
      () => this.#cluster.members.every(({ isUp }) => isUp) || undefined,
    );
    for (const disturbing of this.#disturbing) await disturbing.settle();
    this.#verified = await verify(this.#cluster, this.#load, this.#watches.records);
    const verdict = this.#traffic.judge?.(this.#verified);
    if (verdict?.kind === 'violation') throw new Error(explain(verdict.violation));
    await this.#v2?.verify();
  }
}
