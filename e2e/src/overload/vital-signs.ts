import { readFileSync } from 'node:fs';

import { eventually, type EtcdCluster } from '@etcd-ts/testkit';
import { KVDefinition, PutRequest } from '@etcd-ts/wire-protocol';

const SAMPLE_INTERVAL_MS = 250;
/** The issue's: within so long after the load is gone, everything is as before. */
const RECOVERY_MS = 10_000;
/** A request is served as before when it takes no longer. */
const PROMPT_MS = 1_000;
/** A member that needs more than this for any of the scenarios does not hold its bounds. */
const MAX_RESIDENT_MIB = 2_048;

/** Of a process, in MiB; 0 when it is gone. */
function residentMib(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

/** Watches the members while too much is asked of them. */
export class VitalSigns {
  readonly #cluster: EtcdCluster;
  readonly #term: bigint;
  readonly #timer: NodeJS.Timeout;
  #peakMib = 0;

  static async of(cluster: EtcdCluster): Promise<VitalSigns> {
    return new VitalSigns(cluster, await termOf(cluster));
  }

  private constructor(cluster: EtcdCluster, term: bigint) {
    this.#cluster = cluster;
    this.#term = term;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
  }

  #sample(): void {
    for (const { pid } of this.#cluster.members) {
      this.#peakMib = Math.max(this.#peakMib, residentMib(pid));
    }
  }

  /**
   * The load is gone: rejects unless all members live and serve promptly, and are led by the same leader
   * where nothing `elects` another one.
   */
  async judge(elects: boolean): Promise<string> {
    const startMs = performance.now();
    try {
      await eventually('all members serve promptly again', () => this.#servesAll(), RECOVERY_MS);
    } finally {
      clearInterval(this.#timer);
    }
    const recoveryMs = performance.now() - startMs;
    const term = await termOf(this.#cluster);
    const elections = term === this.#term ? 'no election' : `term ${this.#term} became ${term}`;
    if (term !== this.#term && !elects) throw new Error(`an election: ${elections}`);
    if (this.#peakMib > MAX_RESIDENT_MIB) {
      throw new Error(`a member took ${this.#peakMib.toFixed(0)} MiB`);
    }
    return `peak RSS ${this.#peakMib.toFixed(0)} MiB, ${elections}, served promptly after ${recoveryMs.toFixed(0)} ms`;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #servesAll(): Promise<true | undefined> {
    for (const member of this.#cluster.members) {
      if (!member.isUp) throw new Error(`${member.name} ended\n${member.log.slice(-2_000)}`);
      const startMs = performance.now();
      const { kind } = await member.client.unary(
        KVDefinition,
        KVDefinition.methods.put,
        PutRequest.create({ key: Buffer.from('overload/alive') }),
        { deadlineMs: RECOVERY_MS },
      );
      if (kind !== 'ok' || performance.now() - startMs > PROMPT_MS) return undefined;
    }
    return true;
  }
}

async function termOf(cluster: EtcdCluster): Promise<bigint> {
  const leader = await cluster.leader();
  const status = await leader.status();
  if (status === undefined) throw new Error('the leader does not answer');
  return status.raftTerm;
}
