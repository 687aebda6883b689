import { SeededRng } from '@etcd-ts/foundation';
import { EtcdProcess, pause, RpcClient } from '@etcd-ts/testkit';
import { CompactionRequest, KVDefinition } from '@etcd-ts/wire-protocol';

import { Ledger } from './ledger.js';
import {
  currentRevision,
  leaseKeys,
  readAll,
  readHash,
  readHistory,
  type StoreHash,
} from './reader.js';
import { Violation } from './violation.js';
import { Writer, type LeaseRecord } from './writer.js';

export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  readonly writers: number;
  readonly flags?: readonly string[];
  readonly onProgress?: (report: CrashReport) => void;
}

export interface CrashReport {
  readonly kills: number;
  /** Kills that came before the node was ready again. */
  readonly killsWhileStarting: number;
  readonly acknowledged: number;
  readonly survivedUnacknowledged: number;
  readonly revision: number;
  readonly hashesCompared: number;
  readonly slowestStartMs: number;
}

/** The longest a node lives under load: most of a run is kills, not load. */
const MAX_LIFE_MS = 350;
const MAX_START_DELAY_MS = 500;
const FULL_CHECK_EVERY = 25;

/**
 * Kills one node again and again while clients write to it, and checks after each start that it
 * kept its promises. Rejects with a Violation at the first broken one.
 */
export class CrashRun {
  readonly #options: CrashOptions;
  readonly #rng: SeededRng;
  readonly #ledger = new Ledger();
  #node: EtcdProcess;
  #kills = 0;
  #killsWhileStarting = 0;
  #hash: StoreHash | undefined;
  #hashesCompared = 0;
  #slowestStartMs = 0;

  static async run(options: CrashOptions): Promise<CrashReport> {
    const flags = options.flags ?? ['--snapshot-count', '500'];
    const run = new CrashRun(options, await EtcdProcess.start({ flavour: 'ours', flags }));
    try {
      return await run.#toEnd();
    } finally {
      await run.#node.dispose();
    }
  }

  private constructor(options: CrashOptions, node: EtcdProcess) {
    this.#options = options;
    this.#rng = new SeededRng(options.seed);
    this.#node = node;
  }

  async #toEnd(): Promise<CrashReport> {
    while (this.#kills < this.#options.kills) {
      try {
        const leases = await this.#liveAndDie();
        await this.#startAgain();
        await this.#verify(leases);
      } catch (error) {
        const where = `seed ${this.#options.seed}, kill ${this.#kills}`;
        const log = this.#node.log.split('\n').slice(-40).join('\n');
        const message = `${where}: ${(error as Error).message}\nlog of the last start:\n${log}`;
        throw error instanceof Violation ? new Violation(message) : new Error(message);
      }
      this.#options.onProgress?.(this.#report());
    }
    return this.#report();
  }

  /** Writers at work until the process is killed under them. */
  async #liveAndDie(): Promise<readonly LeaseRecord[]> {
    const clients = Array.from({ length: 4 }, () => new RpcClient(this.#node.endpoint));
    const writers = Array.from({ length: this.#options.writers }, (_, i) => {
      const client = clients[i % clients.length];
      if (client === undefined) throw new Error('there are clients');
      return new Writer(`${this.#kills}/${i}`, client, this.#ledger, this.#rng);
    });
    const running = Promise.all(writers.map((writer) => writer.run()));
    const compacting = this.#kills % 3 === 0 ? this.#compact(clients[0]) : undefined;
    const death = pause(this.#rng.below(MAX_LIFE_MS)).then(() => this.#kill());
    await Promise.all([running, death, compacting]);
    for (const client of clients) client.close();
    return writers.flatMap(({ leases }) => leases);
  }

  /** Never beyond what has been checked, so that all that happens next stays readable. */
  async #compact(client: RpcClient | undefined): Promise<void> {
    const revision = BigInt(this.#ledger.checkedRevision);
    await pause(this.#rng.below(MAX_LIFE_MS / 2));
    // No answer is an answer here: the node may die first.
    await client?.unary(
      KVDefinition,
      KVDefinition.methods.compact,
      CompactionRequest.fromPartial({ revision }),
      { deadlineMs: 5_000 },
    );
  }

  async #kill(): Promise<void> {
    this.#kills++;
    await this.#node.stop('SIGKILL');
  }

  async #startAgain(): Promise<void> {
    while (this.#rng.below(8) === 0) {
      this.#node = await EtcdProcess.launch(this.#node.setup);
      await pause(this.#rng.below(MAX_START_DELAY_MS));
      await this.#kill();
      this.#killsWhileStarting++;
    }
    const start = performance.now();
    this.#node = await EtcdProcess.start(this.#node.setup);
    this.#slowestStartMs = Math.max(this.#slowestStartMs, performance.now() - start);
  }

  async #verify(leases: readonly LeaseRecord[]): Promise<void> {
    const client = new RpcClient(this.#node.endpoint);
    try {
      const revision = await currentRevision(client);
      const history = await readHistory(client, this.#ledger.checkedRevision, revision);
      this.#ledger.check(history, revision);
      await this.#checkHash(client, revision);
      for (const lease of leases) await checkLease(client, lease);
      const last = this.#kills >= this.#options.kills;
      if (last || this.#kills % FULL_CHECK_EVERY === 0) await this.#checkState(client);
    } finally {
      client.close();
    }
  }

  /** What was hashed before the crash must hash to the same after it. */
  async #checkHash(client: RpcClient, revision: number): Promise<void> {
    const before = this.#hash;
    this.#hash = await readHash(client, revision);
    if (before === undefined || before.compactRevision !== this.#hash.compactRevision) return;
    const again = await readHash(client, before.revision);
    if (again.hash !== before.hash) {
      throw new Violation(`hash at ${before.revision} was ${before.hash}, now ${again.hash}`);
    }
    this.#hashesCompared++;
  }

  async #checkState(client: RpcClient): Promise<void> {
    const kept = await readAll(client);
    if (kept.size !== this.#ledger.state.size) {
      throw new Violation(`${kept.size} keys are there, ${this.#ledger.state.size} were written`);
    }
    for (const [key, expected] of this.#ledger.state) {
      const kv = kept.get(key);
      const found = kv && {
        value: kv.value.toString(),
        createRevision: Number(kv.createRevision),
        modRevision: Number(kv.modRevision),
        version: Number(kv.version),
      };
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        throw new Violation(`${key} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
      }
    }
  }

  #report(): CrashReport {
    return {
      kills: this.#kills,
      killsWhileStarting: this.#killsWhileStarting,
      acknowledged: this.#ledger.acknowledged,
      survivedUnacknowledged: this.#ledger.survived,
      revision: this.#ledger.checkedRevision,
      hashesCompared: this.#hashesCompared,
      slowestStartMs: Math.round(this.#slowestStartMs),
    };
  }
}

async function checkLease(client: RpcClient, lease: LeaseRecord): Promise<void> {
  if (lease.state === 'unknown') return;
  const keys = await leaseKeys(client, lease.id);
  const expected = lease.state === 'revoked' ? undefined : [...lease.keys].sort();
  if (JSON.stringify(keys) !== JSON.stringify(expected)) {
    throw new Violation(
      `lease ${lease.id} has ${JSON.stringify(keys)}, not ${JSON.stringify(expected)}`,
    );
  }
}
