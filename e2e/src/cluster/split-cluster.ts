import type { Operation } from '@etcd-ts/checker';
import { EtcdCluster, eventually, type ClusterMember, type Flavour } from '@etcd-ts/testkit';

import { ClusterLoad } from './load/cluster-load.js';
import { call, type CallEnd } from './load/operation-call.js';
import { verify, type Verified } from './load/verification.js';

/** Beyond the 5 s and two election timeouts after which a member gives up by itself. */
const PATIENCE_MS = 30_000;
const LEADERLESS_TIMEOUT_MS = 60_000;

export interface SplitAnswers {
  /** Sent at the moment of the split: the leader does not know yet. */
  readonly atOnce: readonly CallEnd[];
  /** Sent when nobody takes anybody for the leader any more, to one member of each half. */
  readonly writes: readonly CallEnd[];
  readonly reads: readonly CallEnd[];
  readonly serializableReads: readonly CallEnd[];
  /** After the halves have met again. */
  readonly verified: Verified;
  readonly writeAfter: CallEnd;
}

/** A cluster that falls into two equal parts and comes together again. */
export class SplitCluster {
  readonly #cluster: EtcdCluster;
  readonly #load: ClusterLoad;

  static async ask(flavour: Flavour, size: number): Promise<SplitAnswers> {
    const cluster = await EtcdCluster.start({ flavour, size, links: true });
    try {
      return await new SplitCluster(cluster, size).#run();
    } finally {
      await cluster.dispose();
    }
  }

  private constructor(cluster: EtcdCluster, seed: number) {
    this.#cluster = cluster;
    this.#load = ClusterLoad.start(cluster, { seed });
  }

  async #run(): Promise<SplitAnswers> {
    const { links, members } = this.#cluster;
    const half = members.length / 2;
    const names = members.map(({ name }) => name);
    await this.#put(members[0]);
    links.setBetween(names.slice(0, half), names.slice(half), { kind: 'held' });
    await this.#load.stop();
    const sides = [members[0], members[half]];
    const atOnce = Promise.all(sides.map((member) => this.#put(member)));
    await this.#leaderless();
    const ask = (operation: Operation): Promise<CallEnd[]> =>
      Promise.all(sides.map((member) => this.#call(member, operation)));
    const everything = { kind: 'range', key: '\0', rangeEnd: '\0' } as const;
    const [writes, reads, serializableReads] = await Promise.all([
      Promise.all(sides.map((member) => this.#put(member))),
      ask(everything),
      ask({ ...everything, serializable: true }),
    ]);
    const lost = await atOnce;
    links.heal();
    await this.#cluster.leader();
    const verified = await verify(this.#cluster, this.#load);
    const writeAfter = await this.#put(members[0]);
    return { atOnce: lost, writes, reads, serializableReads, verified, writeAfter };
  }

  #put(member: ClusterMember | undefined): Promise<CallEnd> {
    if (member === undefined) throw new Error('each half has a member');
    return this.#load.pulse(member, PATIENCE_MS);
  }

  #call(member: ClusterMember | undefined, operation: Operation): Promise<CallEnd> {
    if (member === undefined) throw new Error('each half has a member');
    return call(member.client, operation, PATIENCE_MS);
  }

  #leaderless(): Promise<true> {
    return eventually(
      'no half has a leader',
      async () => {
        const statuses = await Promise.all(this.#cluster.members.map((m) => m.status()));
        return statuses.every((status) => status?.leader === 0n) ? true : undefined;
      },
      LEADERLESS_TIMEOUT_MS,
    );
  }
}
