import {
  ClusterDefinition,
  MemberAddRequest,
  MemberListRequest,
  MemberPromoteRequest,
  MemberRemoveRequest,
  type Member,
} from '@etcd-ts/wire-protocol';

import { ClusterMember, type Bootstrap } from './cluster-member.js';
import { eventually } from './condition.js';
import { LinkProxy } from './link-proxy.js';
import { ownerOf } from './connection-owner.js';
import { tokenForAscendingIds } from './member-ids.js';
import { PeerLinks } from './peer-links.js';
import { freePort } from './ports.js';
import type { Outcome } from './rpc-client.js';
import type { Flavour } from './server-command.js';

export interface ClusterSetup {
  readonly flavour: Flavour;
  /** How many members found the cluster: infra0, infra1, ... */
  readonly size: number;
  readonly flags?: readonly string[];
  /** Whether a proxy stands before each member, so that links can be cut. */
  readonly links?: boolean;
  /** Instead of the program of the flavour. */
  readonly program?: readonly string[];
  /** Asked for once a member. */
  readonly env?: () => Promise<Readonly<Record<string, string>>>;
}

const { memberAdd, memberList, memberPromote, memberRemove } = ClusterDefinition.methods;
/** Reconfiguration waits until the members know each other for long enough (5 s in etcd). */
const RECONFIGURATION_TIMEOUT_MS = 90_000;
const LEADER_TIMEOUT_MS = 90_000;
const REQUEST_DEADLINE_MS = 10_000;
const LAST_WORDS_BYTES = 4_000;

/** A cluster of real processes on one machine, with fixed names and ports. */
export class EtcdCluster {
  readonly setup: ClusterSetup;
  readonly links = new PeerLinks();
  readonly #members = new Map<string, ClusterMember>();
  readonly #proxies = new Map<string, LinkProxy>();
  #token = '';
  #named = 0;

  /** Founds a cluster and waits until every member serves. */
  static async start(setup: ClusterSetup): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(setup);
    try {
      await cluster.#found();
      await Promise.all(cluster.members.map((member) => member.start()));
    } catch (error) {
      const logs = cluster.lastWords();
      await cluster.dispose();
      throw new Error(`the cluster did not start\n${logs}`, { cause: error });
    }
    return cluster;
  }

  private constructor(setup: ClusterSetup) {
    this.setup = setup;
  }

  get members(): readonly ClusterMember[] {
    return [...this.#members.values()];
  }

  /** Those that run and are not paused. */
  get awake(): readonly ClusterMember[] {
    return this.members.filter(({ isUp, isPaused }) => isUp && !isPaused);
  }

  get endpoints(): string {
    return this.members.map(({ endpoint }) => endpoint).join(',');
  }

  member(name: string): ClusterMember {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`there is no member ${name}`);
    return member;
  }

  /** The end of every member's log, for the message of a failure. */
  lastWords(): string {
    return this.members
      .map(({ name, log }) => `--- ${name}\n${log.slice(-LAST_WORDS_BYTES)}`)
      .join('\n');
  }

  /** The member that leads in the newest term anyone knows of, once those awake agree on it. */
  leader(timeoutMs = LEADER_TIMEOUT_MS): Promise<ClusterMember> {
    return eventually('a leader that a quorum follows', () => this.#findLeader(), timeoutMs);
  }

  /** Someone who follows; the same one each time while nothing changes. */
  async follower(): Promise<ClusterMember> {
    const leader = await this.leader();
    const follower = this.awake.find((member) => member !== leader);
    if (follower === undefined) throw new Error('nobody follows');
    return follower;
  }

  /** As one member sees it, without a linearizable read. */
  async list(via: ClusterMember = this.#anyone()): Promise<readonly Member[]> {
    const request = MemberListRequest.fromPartial({ linearizable: false });
    const outcome = await via.client.unary(ClusterDefinition, memberList, request);
    if (outcome.kind === 'error') throw new Error(outcome.message);
    return outcome.response.members;
  }

  async idOf(member: ClusterMember): Promise<bigint> {
    const members = await this.list();
    const found = members.find(({ peerURLs }) => peerURLs.includes(member.peerUrl));
    if (found === undefined) throw new Error(`${member.name} is not in the cluster`);
    return found.ID;
  }

  /** Announces a new member to the cluster; starting it is the next step. */
  async add(options: { readonly learner?: boolean } = {}): Promise<ClusterMember> {
    const member = await this.#prepare(`infra${this.#named++}`, {
      initialCluster: '',
      token: this.#token,
      state: 'existing',
    });
    try {
      await this.#announce(member, options.learner ?? false);
    } catch (error) {
      // It may be in the membership all the same: see `removeStrangers`.
      await this.retire(member);
      throw error;
    }
    member.wipe(this.#joining(member));
    this.#members.set(member.name, member);
    return member;
  }

  async remove(member: ClusterMember): Promise<void> {
    await this.#remove(member.name, await this.idOf(member), member);
  }

  /** Removes whoever joined without our knowing: by an addition whose answer was lost. */
  async removeStrangers(): Promise<void> {
    const ours = this.members.map(({ peerUrl }) => peerUrl);
    for (const { ID, peerURLs } of await this.list(await this.leader())) {
      if (ours.some((url) => peerURLs.includes(url))) continue;
      await this.#remove(`a stranger at ${peerURLs.join(',')}`, ID);
    }
  }

  async promote(member: ClusterMember): Promise<void> {
    const request = MemberPromoteRequest.fromPartial({ ID: await this.idOf(member) });
    await this.#reconfigure(`promote ${member.name}`, member, (via) =>
      via.client.unary(ClusterDefinition, memberPromote, request, {
        deadlineMs: REQUEST_DEADLINE_MS,
      }),
    );
  }

  /** Ends a member that is removed, or is to be, and forgets it. */
  async retire(member: ClusterMember): Promise<void> {
    this.#members.delete(member.name);
    await member.dispose();
    await this.#proxies.get(member.name)?.stop();
    this.#proxies.delete(member.name);
  }

  /** Takes a member out, empties its data directory, and puts it in again. */
  async replace(member: ClusterMember): Promise<void> {
    if (member.isUp) await member.kill();
    await this.remove(member);
    await this.#announce(member, false);
    member.wipe(this.#joining(member));
    await member.start();
  }

  /**
   * After a disaster: one member, which does not run, goes on alone with what it has, and the others,
   * which do not run either, join it anew with nothing.
   */
  async refound(survivor: ClusterMember): Promise<void> {
    await survivor.start({ flags: ['--force-new-cluster'] });
    const rest = this.members.filter((member) => member !== survivor);
    const joined = [survivor];
    for (const member of rest) {
      await this.#announce(member, false);
      member.wipe(this.#joining(member, joined));
      await member.start();
      joined.push(member);
    }
  }

  /**
   * After the loss of every disk: all members, none of which runs, begin again as one cluster from what
   * `fill` puts into their empty data directories.
   */
  async restore(
    fill: (member: ClusterMember, bootstrap: Bootstrap) => Promise<void>,
  ): Promise<void> {
    const initialCluster = this.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    const bootstrap: Bootstrap = { initialCluster, token: this.#token, state: 'new' };
    for (const member of this.members) {
      member.wipe(bootstrap);
      await fill(member, bootstrap);
    }
    await Promise.all(this.members.map((member) => member.start()));
  }

  async dispose(): Promise<void> {
    this.links.heal();
    await Promise.all(this.members.map((member) => member.dispose()));
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()));
    this.#members.clear();
    this.#proxies.clear();
  }

  async #found(): Promise<void> {
    const names = Array.from({ length: this.setup.size }, () => `infra${this.#named++}`);
    const founders: ClusterMember[] = [];
    for (const name of names) {
      founders.push(await this.#prepare(name, { initialCluster: '', token: '', state: 'new' }));
    }
    this.#token = tokenForAscendingIds(founders.map(({ peerUrl }) => peerUrl));
    const initialCluster = founders.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    for (const member of founders) {
      member.wipe({ initialCluster, token: this.#token, state: 'new' });
      this.#members.set(member.name, member);
    }
  }

  async #prepare(name: string, bootstrap: Bootstrap): Promise<ClusterMember> {
    const peerPort = await freePort();
    const advertisedPeerPort = this.setup.links === true ? await freePort() : peerPort;
    if (advertisedPeerPort !== peerPort) {
      const proxy = await LinkProxy.start({
        target: name,
        targetPort: peerPort,
        port: advertisedPeerPort,
        links: this.links,
        identify: (socket) => ownerOf(socket, this.#pids()),
      });
      this.#proxies.set(name, proxy);
    }
    const { flavour, flags = [], program, env } = this.setup;
    const clientPort = await freePort();
    const special = {
      ...(program === undefined ? {} : { program }),
      ...(env === undefined ? {} : { env: await env() }),
    };
    return new ClusterMember(
      { name, flavour, clientPort, peerPort, advertisedPeerPort, flags, ...special },
      bootstrap,
    );
  }

  #pids(): ReadonlyMap<string, number> {
    const pids = new Map<string, number>();
    for (const { name, pid } of this.members) if (pid !== undefined) pids.set(name, pid);
    return pids;
  }

  async #findLeader(): Promise<ClusterMember | undefined> {
    const awake = this.awake;
    const statuses = await Promise.all(awake.map((member) => member.status()));
    const newestTerm = Math.max(0, ...statuses.map((status) => Number(status?.raftTerm ?? 0)));
    for (const [at, status] of statuses.entries()) {
      const id = status?.header?.memberId ?? 0n;
      if (id === 0n || status?.leader !== id || Number(status.raftTerm) !== newestTerm) continue;
      const followers = statuses.filter((other) => other?.leader === id);
      if (followers.length * 2 > this.members.length) return awake[at];
    }
    return undefined;
  }

  #anyone(): ClusterMember {
    const [member] = this.awake;
    if (member === undefined) throw new Error('no member is awake');
    return member;
  }

  #joining(member: ClusterMember, cluster = this.members): Bootstrap {
    const others = cluster.filter((other) => other !== member);
    const initialCluster = [...others, member]
      .map(({ name, peerUrl }) => `${name}=${peerUrl}`)
      .join(',');
    return { initialCluster, token: this.#token, state: 'existing' };
  }

  async #announce(member: ClusterMember, isLearner: boolean): Promise<void> {
    const request = MemberAddRequest.fromPartial({ peerURLs: [member.peerUrl], isLearner });
    await this.#reconfigure(`add ${member.name}`, member, (via) =>
      via.client.unary(ClusterDefinition, memberAdd, request, { deadlineMs: REQUEST_DEADLINE_MS }),
    );
  }

  async #remove(what: string, ID: bigint, subject?: ClusterMember): Promise<void> {
    const request = MemberRemoveRequest.fromPartial({ ID });
    await this.#reconfigure(`remove ${what}`, subject, (via) =>
      via.client.unary(ClusterDefinition, memberRemove, request, {
        deadlineMs: REQUEST_DEADLINE_MS,
      }),
    );
  }

  /** Asks again while the cluster says that it is too young or too unwell to be changed. */
  async #reconfigure<T>(
    what: string,
    subject: ClusterMember | undefined,
    request: (via: ClusterMember) => Promise<Outcome<T>>,
  ): Promise<void> {
    let refusal = '';
    await eventually(
      what,
      async () => {
        const via = this.awake.find((member) => member !== subject) ?? this.#anyone();
        const outcome = await request(via);
        if (outcome.kind === 'ok') return true;
        refusal = outcome.message;
        if (/unhealthy|not enough started|in sync|leader/.test(refusal)) return undefined;
        // The request was not sent: the member has been back for less than its client waits to dial.
        if (refusal.startsWith('No connection established')) return undefined;
        throw new Error(`${what}: ${refusal}`);
      },
      RECONFIGURATION_TIMEOUT_MS,
    ).catch((error: unknown) => {
      throw new Error(`${what}: ${refusal}`, { cause: error });
    });
  }
}
