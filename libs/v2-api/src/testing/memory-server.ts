import { BucketV2Records, v2Request, V2Store } from '@etcd-ts/v2-store';
import type {
  Counters,
  V2Answer,
  V2Buckets,
  V2Failure,
  V2Outcome,
  V2Request,
  V2Watcher,
  WatchOptions,
} from '@etcd-ts/v2-store';
import type {
  FollowerReport,
  MemberOutcome,
  SelfReport,
  V2Member,
  V2Server,
} from '@etcd-ts/server';
import type { V2Passwords } from '../v2-passwords.js';

const NOWHERE: V2Buckets = {
  bucketPut: () => undefined,
  bucketDelete: () => undefined,
  bucketGet: () => undefined,
  bucketEntries: () => [],
};

/** A cluster of one whose log is the order of the calls. */
export class MemoryServer implements V2Server {
  readonly store = new V2Store(new BucketV2Records(NOWHERE));
  /** What the next proposals and linearized reads reject with. */
  refusal: Error | undefined;
  clock: () => bigint;
  hasLeader = true;
  followerReports: Readonly<Record<string, FollowerReport>> | undefined = {};
  #raftIndex = 4;
  #members: V2Member[];
  readonly #removed = new Set<string>();
  readonly #startTimeNs: bigint;

  constructor(clock: () => bigint, local: Partial<V2Member> = {}) {
    this.clock = clock;
    this.#startTimeNs = clock();
    this.#members = [
      {
        id: '8e9e05c52164694d',
        name: 'default',
        peerUrls: ['http://127.0.0.1:2380'],
        clientUrls: ['http://127.0.0.1:2379'],
        ...local,
      },
    ];
    this.store.restore();
    // What a fresh member of etcd does: itself, its attributes, the version.
    for (const write of ['create', 'set', 'set'] as const) this.store.countClusterWrite(write);
  }

  clusterId = (): string => 'cdf818194e3a8c32';
  raftIndex = (): number => this.#raftIndex;
  raftTerm = (): number => 2;
  nowNs = (): bigint => this.clock();
  counters = (): Counters => this.store.counters();
  watcherCount = (): number => this.store.watcherCount;
  members = (): readonly V2Member[] => this.#members;
  leader = (): V2Member | undefined => (this.hasLeader ? this.#members[0] : undefined);
  followers = (): Readonly<Record<string, FollowerReport>> | undefined => this.followerReports;

  async propose(request: V2Request): Promise<V2Outcome> {
    await this.linearize();
    this.#raftIndex++;
    return this.store.apply(request);
  }

  linearize(): Promise<void> {
    return this.refusal === undefined ? Promise.resolve() : Promise.reject(this.refusal);
  }

  /** As a leader does from time to time. */
  sync(): void {
    const next = this.store.nextExpirationNs;
    const timeNs = this.nowNs();
    if (next !== undefined && next <= timeNs)
      void this.propose(v2Request({ method: 'SYNC', timeNs }));
  }

  get(
    path: string,
    options: { readonly recursive: boolean; readonly sorted: boolean },
  ): V2Answer | V2Failure {
    return this.store.get(path, options);
  }

  value(path: string): string | undefined {
    return this.store.value(path);
  }

  watch(options: WatchOptions): V2Watcher | V2Failure {
    return this.store.watch(options);
  }

  addMember(peerUrls: readonly string[]): Promise<MemberOutcome> {
    if (this.#taken(peerUrls)) return Promise.resolve({ kind: 'peerUrlExists' });
    const member = { id: `a${this.#members.length}`, name: '', peerUrls, clientUrls: [] };
    this.#members = [...this.#members, member];
    return Promise.resolve({ kind: 'ok', member });
  }

  updateMember(id: bigint, peerUrls: readonly string[]): Promise<MemberOutcome> {
    const member = this.#members.find((each) => each.id === id.toString(16));
    if (member === undefined) return Promise.resolve({ kind: 'notFound' });
    if (this.#taken(peerUrls, member)) return Promise.resolve({ kind: 'peerUrlExists' });
    const updated = { ...member, peerUrls };
    this.#members = this.#members.map((each) => (each === member ? updated : each));
    return Promise.resolve({ kind: 'ok', member: updated });
  }

  removeMember(id: bigint): Promise<MemberOutcome> {
    const name = id.toString(16);
    if (this.#removed.has(name)) return Promise.resolve({ kind: 'removed' });
    const member = this.#members.find((each) => each.id === name);
    if (member === undefined) return Promise.resolve({ kind: 'notFound' });
    if (this.#members.length === 1) return Promise.resolve({ kind: 'failed' });
    this.#removed.add(name);
    this.#members = this.#members.filter((each) => each !== member);
    return Promise.resolve({ kind: 'ok', member });
  }

  self(): SelfReport {
    const [local] = this.#members;
    return {
      name: local?.name ?? '',
      id: local?.id ?? '',
      state: 'StateLeader',
      startTimeNs: this.#startTimeNs,
      leader: local?.id ?? '',
      leaderSinceNs: this.#startTimeNs,
      received: { appendRequests: 0 },
      sent: { appendRequests: 0 },
    };
  }

  #taken(peerUrls: readonly string[], but?: V2Member): boolean {
    const others = this.#members.filter((member) => member !== but);
    return others.some((member) => member.peerUrls.some((url) => peerUrls.includes(url)));
  }
}

/** No secret is kept from a test. */
export const PLAIN_PASSWORDS: V2Passwords = {
  hash: (password) => Promise.resolve(`plain:${password}`),
  matches: (password, hash) => Promise.resolve(hash === `plain:${password}`),
};
