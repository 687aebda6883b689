import { SeededRng } from '@etcd-ts/foundation';
import type { Baseline } from '@etcd-ts/checker';
import { eventually, pause, type EtcdCluster } from '@etcd-ts/testkit';
import { DeleteRangeRequest, KVDefinition } from '@etcd-ts/wire-protocol';

import { archive } from '../archive.js';
import { startChaosCluster } from '../chaos-cluster.js';
import { allows, chosenFaults, chosenWorkloads, shuffled, type Choice } from '../choice.js';
import type { ChaosFault } from '../faults/chaos-fault.js';
import { ChaosScene, type RoundTerms } from '../scene.js';
import type { WorkloadKind } from '../traffic/workload-kinds.js';
import { SeriesTally } from './series-tally.js';

export interface SeriesOptions extends Choice {
  readonly seed: number;
  readonly clients: number;
  readonly thinkMs: number;
  readonly onRound?: (line: string) => void;
  /** After every quiet point; with what is wrong, if something is. */
  readonly onWindow?: (line: string) => void;
}

/** A history is judged in a second or two, and the memory for it is bounded. */
const WINDOW_MS = 60_000;
const WINDOW_ANSWERS = 100_000;
/** Where faults of both builds are chosen: a change of the build needs a new cluster. */
const WINDOWS_PER_BUILD = 10;
const RATE_OVER_MS = 250;
const LASTS_MS = [0, 4_000] as const;
/** Most faults are short, and some take as long as the matrix says. */
const SHORTNESS = 6;
/** How much longer one lasts that is felt only after a while, since it was. */
const FELT_FOR_MS = 1_000;
const LOOK_EVERY_MS = 20;
const SWEEP_DEADLINE_MS = 10_000;

const TERMS: RoundTerms = {
  rateOverMs: RATE_OVER_MS,
  lasted: async (fault, { isFelt }, rng) => {
    const [least, most] = fault.lastsMs ?? LASTS_MS;
    if (isFelt === undefined) return pause(least + (most - least) * rng.next() ** SHORTNESS);
    const until = performance.now() + most;
    while (!isFelt() && performance.now() < until) await pause(LOOK_EVERY_MS);
    return pause(rng.below(FELT_FOR_MS));
  },
};

/**
 * Fault after fault on one cluster under one load, which holds its breath now and then: then all members
 * have to be equal, and what clients and watchers saw since the last time is judged.
 */
export class ChaosSeries {
  readonly tally = new SeriesTally();
  readonly #options: SeriesOptions;
  readonly #builds: readonly (readonly ChaosFault[])[];
  readonly #workloads: readonly WorkloadKind[];
  readonly #rng: SeededRng;
  #build = 0;
  #faults: ChaosFault[] = [];
  #kinds: WorkloadKind[] = [];
  #cluster: EtcdCluster | undefined;
  #base: Baseline | undefined;
  #window = 0;

  constructor(options: SeriesOptions) {
    this.#options = options;
    this.#rng = new SeededRng(options.seed);
    const faults = chosenFaults(options);
    const plain = faults.filter(({ failpoints }) => failpoints !== true);
    const special = faults.filter(({ failpoints }) => failpoints === true);
    this.#builds = [plain, special].filter(({ length }) => length > 0);
    this.#workloads = chosenWorkloads(options).filter((kind) =>
      faults.some((fault) => allows(fault, kind)),
    );
    if (this.#builds.length === 0 || this.#workloads.length === 0) {
      throw new Error('no cell is named so');
    }
  }

  /** Until so many rounds count, or the time is over, or `stop` was called. */
  async runFor(durationMs: number, rounds: number): Promise<SeriesTally> {
    const end = performance.now() + durationMs;
    const isOver = (): boolean => performance.now() > end || this.tally.felt >= rounds;
    do await this.#oneWindow(isOver);
    while (!isOver());
    return this.tally;
  }

  async dispose(): Promise<void> {
    await this.#cluster?.dispose();
    this.#cluster = undefined;
    this.#base = undefined;
  }

  async #oneWindow(isOver: () => boolean): Promise<void> {
    const workload = this.#nextWorkload();
    await this.#chooseBuild();
    let scene: ChaosScene | undefined;
    try {
      const cluster = (this.#cluster ??= await this.#start());
      scene = await this.#open(cluster, workload);
      await this.#rounds(scene, workload, isOver);
      await scene.verify();
      await scene.stop();
      this.tally.judged(scene);
      this.#base = await sweep(cluster);
      this.#options.onWindow?.(`window ${this.#window} (${workload}): ${this.tally.summary()}`);
    } catch (error) {
      await this.#fail(scene, error);
    }
  }

  #open(cluster: EtcdCluster, workload: WorkloadKind): Promise<ChaosScene> {
    const { seed, clients, thinkMs } = this.#options;
    return ChaosScene.open(cluster, {
      workload,
      seed: seed + this.#window++,
      watchers: this.#faultsOfBuild.some(({ row }) => row === 'F14'),
      clients,
      thinkMs,
      ...(this.#base === undefined ? {} : { base: this.#base }),
    });
  }

  /** Kept for whoever looks into it; the series goes on with another cluster. */
  async #fail(scene: ChaosScene | undefined, error: unknown): Promise<void> {
    this.tally.failed();
    const message = whole(error);
    const name = `${Date.now()}-seed-${this.#options.seed}-window-${this.#window}`;
    const where =
      scene === undefined || this.#cluster === undefined
        ? 'nothing was kept of it'
        : archive(name, scene, this.#cluster, message);
    this.#options.onWindow?.(`BROKEN in window ${this.#window}: ${message}\n${where}`);
    // First the cluster: its clients would wait for members that do not run.
    await this.dispose();
    await scene?.stop();
  }

  async #rounds(scene: ChaosScene, workload: WorkloadKind, isOver: () => boolean): Promise<void> {
    const end = performance.now() + WINDOW_MS;
    do {
      const fault = this.#nextFault(workload);
      const sinceMs = performance.now();
      const result = await scene.round(fault, TERMS).catch((error: unknown) => {
        throw new Error(`${workload} × ${fault.name}`, { cause: error });
      });
      this.tally.round(fault, workload, result);
      const took = `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
      const what = result.kind === 'felt' ? result.effect : `void, ${result.reason}`;
      this.#options.onRound?.(`${workload} × ${fault.name}: ${what}; ${took}`);
    } while (!isOver() && performance.now() < end && scene.load.answered < WINDOW_ANSWERS);
  }

  get #faultsOfBuild(): readonly ChaosFault[] {
    return this.#builds[this.#build] ?? [];
  }

  async #chooseBuild(): Promise<void> {
    const build = Math.floor(this.#window / WINDOWS_PER_BUILD) % this.#builds.length;
    if (build === this.#build) return;
    this.#build = build;
    this.#faults = [];
    await this.dispose();
  }

  #start(): Promise<EtcdCluster> {
    const failpoints = this.#faultsOfBuild.some((fault) => fault.failpoints === true);
    return startChaosCluster(this.#options.members, failpoints);
  }

  #nextWorkload(): WorkloadKind {
    if (this.#kinds.length === 0) this.#kinds = shuffled(this.#workloads, this.#rng);
    const kind = this.#kinds.pop();
    if (kind === undefined) throw new Error('there is a workload');
    return kind;
  }

  /** Each in turn, but for those that this workload does not allow. */
  #nextFault(workload: WorkloadKind): ChaosFault {
    const possible = this.#faultsOfBuild.filter((fault) => allows(fault, workload));
    if (!this.#faults.some((fault) => allows(fault, workload))) {
      this.#faults = shuffled(possible, this.#rng);
    }
    const at = this.#faults.findIndex((fault) => allows(fault, workload));
    const [fault] = this.#faults.splice(at, 1);
    if (at < 0 || fault === undefined) throw new Error(`no fault goes with ${workload}`);
    return fault;
  }
}

/** With what led to it. */
function whole(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return `${error.stack ?? error.message}${cause === undefined ? '' : `\n${whole(cause)}`}`;
}

/** Everything goes that the window left, and what members said: the next one begins with nothing. */
async function sweep(cluster: EtcdCluster): Promise<Baseline> {
  const leader = await cluster.leader();
  const everything = DeleteRangeRequest.fromPartial({ key: Buffer.of(0), rangeEnd: Buffer.of(0) });
  const revision = await eventually('all keys are deleted', async () => {
    const { deleteRange } = KVDefinition.methods;
    const options = { deadlineMs: SWEEP_DEADLINE_MS };
    const end = await leader.client.unary(KVDefinition, deleteRange, everything, options);
    return end.kind === 'ok' ? Number(end.response.header?.revision ?? 0n) : undefined;
  });
  for (const member of cluster.members) member.forgetLog();
  return { revision, kvs: [] };
}
