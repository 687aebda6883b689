import { pause, type EtcdCluster } from '@etcd-ts/testkit';
import type { Baseline } from '@etcd-ts/checker';

import type { Cell, Outcome } from './cell.js';
import { ChaosScene, type RoundTerms } from './scene.js';

const RATE_OVER_MS = 1_000;
const LASTS_MS = [0, 4_000] as const;
/** What comes after the fault is part of the run, too. */
const AFTERMATH_MS = 500;

/** A run has all lengths alike. */
const TERMS: RoundTerms = {
  rateOverMs: RATE_OVER_MS,
  lasted: (fault, _inflicted, rng) => {
    const [least, most] = fault.lastsMs ?? LASTS_MS;
    return pause(least + rng.below(most - least));
  },
};

/** One fault under one workload on a cluster that may have seen others before. */
export class ChaosRun {
  readonly #cell: Cell;
  readonly scene: ChaosScene;

  static async start(
    cluster: EtcdCluster,
    cell: Cell,
    seed: number,
    base: Baseline | undefined,
  ): Promise<ChaosRun> {
    const scene = await ChaosScene.open(cluster, {
      workload: cell.workload,
      seed,
      watchers: cell.fault.row === 'F14',
      ...(base === undefined ? {} : { base }),
    });
    return new ChaosRun(cell, scene);
  }

  private constructor(cell: Cell, scene: ChaosScene) {
    this.#cell = cell;
    this.scene = scene;
  }

  /** Rejects with what is wrong. The cluster can be used again only when this resolves. */
  async run(): Promise<Outcome> {
    try {
      const end = await this.scene.round(this.#cell.fault, TERMS);
      if (end.kind === 'felt') await pause(AFTERMATH_MS);
      await this.scene.verify();
      const { operations } = this.scene;
      return end.kind === 'void'
        ? { kind: 'void', reason: end.reason, operations }
        : { kind: 'kept', effect: end.effect, operations };
    } finally {
      await this.scene.stop();
    }
  }
}
