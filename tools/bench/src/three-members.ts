import {
  EtcdCluster,
  RpcClient,
  succeeded,
  type ClusterMember,
  type Flavour,
} from '@etcd-ts/testkit';

import { readCounters, together, type Counters } from './counters.js';
import { Files, type Subject } from './subject.js';

const MEMBERS = 3;

/** A cluster on this machine; the load goes to one of its members. */
export class ThreeMembers implements Subject {
  readonly flavour: Flavour;
  readonly #files: Files;
  readonly #cluster: EtcdCluster;
  readonly #clients: ReadonlyMap<ClusterMember, RpcClient>;
  #target: ClusterMember;

  static async start(flavour: Flavour): Promise<ThreeMembers> {
    const cluster = await EtcdCluster.start({ flavour, size: MEMBERS });
    return new ThreeMembers(flavour, cluster, await cluster.leader());
  }

  private constructor(flavour: Flavour, cluster: EtcdCluster, leader: ClusterMember) {
    this.flavour = flavour;
    this.#files = new Files(flavour);
    this.#cluster = cluster;
    this.#target = leader;
    this.#clients = new Map(
      cluster.members.map((member) => [member, new RpcClient(member.endpoint)]),
    );
  }

  get endpoint(): string {
    return this.#target.endpoint;
  }

  async aimAt(role: 'leader' | 'follower'): Promise<void> {
    this.#target = await (role === 'leader' ? this.#cluster.leader() : this.#cluster.follower());
  }

  async counters(): Promise<Counters> {
    const all = [...this.#clients].map(([member, client]) =>
      readCounters(client, member.endpoint, member.pid ?? 0),
    );
    return together(await Promise.all(all));
  }

  async answerBytes(path: string, message: Uint8Array): Promise<number> {
    const client = this.#clients.get(this.#target);
    if (client === undefined) throw new Error(`${this.#target.name} has no client`);
    return (await succeeded(client.unaryBytes(path, Buffer.from(message)))).length + 5;
  }

  bodyFile(name: string, message: Uint8Array): string {
    return this.#files.bodyFile(name, message);
  }

  file(name: string): string {
    return this.#files.file(name);
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await this.#cluster.dispose();
    this.#files.remove();
  }
}
