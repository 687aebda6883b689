import { FRESH_STORE, type Baseline } from '@etcd-ts/checker';
import { SeededRng } from '@etcd-ts/foundation';
import { EtcdCluster, pause, type Flavour } from '@etcd-ts/testkit';

import { episode, type Episode } from './faults/episode.js';
import type { Fault } from './faults/fault.js';
import { NETWORK_FAULTS } from './faults/network-faults.js';
import { PROCESS_FAULTS } from './faults/process-faults.js';
import { ClusterLoad } from './load/cluster-load.js';
import { verify, type Verified } from './load/verification.js';

export interface CampaignOptions {
  readonly flavour: Flavour;
  readonly members: number;
  readonly seed: number;
  readonly flags?: readonly string[];
  readonly onEpisode?: (episode: Episode) => void;
  readonly onVerified?: (verified: Verified) => void;
}

export interface CampaignReport {
  readonly episodes: readonly Episode[];
  readonly operations: number;
  readonly acknowledgedWrites: number;
  readonly unknown: number;
}

/** Writes before the first fault of an epoch; with fewer the epoch proves little. */
const MIN_WRITES = 30;
const WARM_UP_LIMIT_MS = 60_000;
const MAX_FAULT_MS = 4_000;
/** A history stays small enough to be judged in seconds. */
const EPISODES_PER_EPOCH = 4;

export const ALL_FAULTS: readonly Fault[] = [...PROCESS_FAULTS, ...NETWORK_FAULTS];

/** Faults one after the other on one cluster under load, judged after every few. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #cluster: EtcdCluster;
  readonly #rng: SeededRng;
  readonly #episodes: Episode[] = [];
  #base: Baseline = FRESH_STORE;
  #epoch = 0;
  #operations = 0;
  #acknowledgedWrites = 0;
  #unknown = 0;

  static async start(options: CampaignOptions): Promise<Campaign> {
    const { flavour, members, flags = [] } = options;
    return new Campaign(
      options,
      await EtcdCluster.start({ flavour, size: members, flags, links: true }),
    );
  }

  private constructor(options: CampaignOptions, cluster: EtcdCluster) {
    this.#options = options;
    this.#cluster = cluster;
    this.#rng = new SeededRng(options.seed);
  }

  get report(): CampaignReport {
    return {
      episodes: this.#episodes,
      operations: this.#operations,
      acknowledgedWrites: this.#acknowledgedWrites,
      unknown: this.#unknown,
    };
  }

  /** Faults by chance until the time is over. */
  async runFor(durationMs: number): Promise<CampaignReport> {
    const end = performance.now() + durationMs;
    const possible = ALL_FAULTS.filter(({ minSize = 1 }) => minSize <= this.#options.members);
    while (performance.now() < end) {
      const faults = Array.from({ length: EPISODES_PER_EPOCH }, () => {
        const fault = possible[this.#rng.below(possible.length)];
        if (fault === undefined) throw new Error('no fault is possible');
        return fault;
      });
      await this.epoch(faults);
    }
    return this.report;
  }

  /** These faults in this order under one load, then the judgement. Rejects with what is wrong. */
  async epoch(faults: readonly Fault[], lastsMs?: number): Promise<Verified> {
    const seed = this.#options.seed + this.#epoch++;
    const load = ClusterLoad.start(this.#cluster, { seed, base: this.#base });
    const happened: string[] = [];
    try {
      await this.#warmUp(load);
      for (const fault of faults) {
        happened.push(fault.name);
        const duration = lastsMs ?? this.#rng.below(MAX_FAULT_MS);
        const seen = await episode(this.#cluster, load, fault, this.#rng, duration);
        this.#episodes.push(seen);
        this.#options.onEpisode?.(seen);
      }
      await load.stop();
      const verified = await verify(this.#cluster, load);
      this.#count(verified);
      return verified;
    } catch (error) {
      await load.stop();
      await load.stopWatching();
      const where = `seed ${this.#options.seed}, epoch ${this.#epoch}: ${happened.join(', ')}`;
      const logs = this.#cluster.lastWords();
      throw new Error(`${where}\n${(error as Error).message}\n${logs}`, { cause: error });
    }
  }

  dispose(): Promise<void> {
    return this.#cluster.dispose();
  }

  async #warmUp(load: ClusterLoad): Promise<void> {
    const limit = performance.now() + WARM_UP_LIMIT_MS;
    while (load.acknowledgedWrites < MIN_WRITES) {
      if (performance.now() > limit) {
        throw new Error(`only ${load.acknowledgedWrites} writes before the first fault`);
      }
      await pause(20);
    }
  }

  #count(verified: Verified): void {
    this.#base = verified.base;
    this.#operations += verified.operations;
    this.#acknowledgedWrites += verified.acknowledgedWrites;
    this.#unknown += verified.unknown;
    this.#options.onVerified?.(verified);
  }
}
