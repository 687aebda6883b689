import { SeededRng } from '@etcd-ts/foundation';
import type { Baseline } from '@etcd-ts/checker';
import type { EtcdCluster } from '@etcd-ts/testkit';

import { archive } from './archive.js';
import { titleOf, type Cell, type Outcome } from './cell.js';
import { startChaosCluster } from './chaos-cluster.js';
import { ChaosRun } from './chaos-run.js';
import { cellsOf, shuffled, type Choice } from './choice.js';
import { Tally } from './tally.js';

export interface ChaosOptions extends Choice {
  readonly seed: number;
  readonly onStart?: (title: string, run: number) => void;
  readonly onOutcome?: (title: string, outcome: Outcome) => void;
}

/** Runs on one cluster: enough to save starts, few enough that a failure has a short past. */
const RUNS_PER_CLUSTER = 6;

/** Every cell that the options allow, in an order by chance, round after round. */
export class ChaosCampaign {
  readonly tally = new Tally();
  readonly #options: ChaosOptions;
  readonly #cells: readonly Cell[];
  readonly #rng: SeededRng;
  #order: Cell[] = [];
  #cluster: EtcdCluster | undefined;
  #hasFailpoints = false;
  #base: Baseline | undefined;
  #runsLeft = 0;
  #run = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#rng = new SeededRng(options.seed);
    this.#cells = cellsOf(options);
    if (this.#cells.length === 0) throw new Error('no cell is named so');
  }

  async runFor(durationMs: number): Promise<Tally> {
    const end = performance.now() + durationMs;
    do await this.next();
    while (performance.now() < end);
    return this.tally;
  }

  async next(): Promise<Outcome> {
    if (this.#order.length === 0) this.#order = byBuild(shuffled(this.#cells, this.#rng));
    const cell = this.#order.pop();
    if (cell === undefined) throw new Error('there is a cell');
    this.#options.onStart?.(titleOf(cell), ++this.#run);
    const outcome = await this.#try(cell).catch(broken);
    this.tally.add(cell, outcome);
    this.#options.onOutcome?.(titleOf(cell), outcome);
    return outcome;
  }

  async dispose(): Promise<void> {
    await this.#cluster?.dispose();
    this.#cluster = undefined;
  }

  async #try(cell: Cell): Promise<Outcome> {
    const cluster = await this.#clusterFor(cell);
    const run = await ChaosRun.start(cluster, cell, this.#options.seed + this.#run, this.#base);
    try {
      const outcome = await run.run();
      this.#base = run.scene.verified?.base;
      return outcome;
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const name = `${Date.now()}-seed-${this.#options.seed}-run-${this.#run}`;
      const folder = archive(name, run.scene, cluster, `${titleOf(cell)}\n${message}`);
      await this.dispose();
      throw new Error(
        `${error instanceof Error ? error.message : message}\narchived in ${folder}`,
        {
          cause: error,
        },
      );
    }
  }

  async #clusterFor({ fault }: Cell): Promise<EtcdCluster> {
    const failpoints = fault.failpoints === true;
    const current = this.#cluster;
    if (current !== undefined && this.#hasFailpoints === failpoints && this.#runsLeft-- > 0) {
      return current;
    }
    await this.dispose();
    this.#base = undefined;
    this.#runsLeft = RUNS_PER_CLUSTER - 1;
    this.#hasFailpoints = failpoints;
    this.#cluster = await startChaosCluster(this.#options.members, failpoints);
    return this.#cluster;
  }
}

function broken(error: unknown): Outcome {
  return { kind: 'broken', message: error instanceof Error ? error.message : String(error) };
}

/** Faults of one build beside each other, or every run would need a cluster of its own. */
function byBuild(cells: readonly Cell[]): Cell[] {
  const needs = ({ fault }: Cell): number => (fault.failpoints === true ? 1 : 0);
  return [...cells].sort((a, b) => needs(a) - needs(b));
}
