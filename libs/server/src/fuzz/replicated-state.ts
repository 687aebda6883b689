import { asBuffer, ClusterId, MemberId, must, RaftIndex, Term } from '@etcd-ts/foundation';
import { ETCD_BUCKETS, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Clock, Rng } from '@etcd-ts/foundation';
import { createMetrics } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { SimulatedStorage } from '@etcd-ts/storage';
import type { Backend } from '@etcd-ts/storage';
import { Applier } from '../apply/applier.js';
import { KeyValueApplier } from '../apply/key-value-applier.js';
import { LeaseApplier } from '../apply/lease-applier.js';
import type { OpenedStorage } from '../bootstrap/open-storage.js';
import { Quota } from '../quota.js';
import type { RaftRequest } from '../raft-request.js';
import { restoreState } from '../state.js';
import type { MemberState } from '../state.js';
import { SYSTEM_SCHEDULER } from '../system-time.js';
import { memberConfig } from '../testing/member-fixture.js';

const FILE = '/db';
/** Nobody's time counts for what is replicated, so it may stand still. */
const CLOCK: Clock = { monotonicMs: () => 0, wallMs: () => 0 };
const CONFIG = memberConfig('/data', { bcryptCost: 4 });

let metrics: EtcdMetrics | undefined;

/** All that a member applies entries to, without raft, disk and clients. */
export class ReplicatedState {
  readonly storage: SimulatedStorage;
  readonly backend: Backend;
  readonly state: MemberState;
  readonly #applier: Applier;

  private constructor(storage: SimulatedStorage, backend: Backend, state: MemberState) {
    const { store, lessor } = state;
    this.storage = storage;
    this.backend = backend;
    this.state = state;
    const parts = must(metrics, 'made before any state');
    this.#applier = new Applier({
      ...state,
      keyValues: new KeyValueApplier(store, parts.mvcc, () => Promise.resolve()),
      leases: new LeaseApplier(lessor, store, CLOCK, parts),
      quota: new Quota(-1, () => 0),
      logger: SILENT_LOGGER,
      quotaExceeded: () => undefined,
    });
  }

  static async open(storage = new SimulatedStorage()): Promise<ReplicatedState> {
    metrics ??= createMetrics({ serverVersion: '3.7.1', mode: 'basic', grpcMethods: [] });
    const backend = storage.files.openBackend(FILE, {
      logger: SILENT_LOGGER,
      clock: CLOCK,
      mustExist: false,
    });
    const ids = { localId: MemberId(1n), clusterId: ClusterId(7n) };
    const opened = { backend, ...ids } as unknown as OpenedStorage;
    const world = { clock: CLOCK, scheduler: SYSTEM_SCHEDULER, logger: SILENT_LOGGER };
    const failed = (error: Error): void => {
      throw error;
    };
    const state = await restoreState(opened, { ...world, config: CONFIG, metrics }, failed);
    if (state.cluster.members().length === 0) addMembers(state);
    return new ReplicatedState(storage, backend, state);
  }

  /** What the process finds that is started after this one has died. */
  restarted(rng: Rng): Promise<ReplicatedState> {
    return ReplicatedState.open(this.storage.crash('everything', rng));
  }

  get applied(): number {
    return this.backend.consistentIndex().index;
  }

  /** The outcome as text. Throws what ends a member. */
  apply(request: RaftRequest, index: number): string {
    this.backend.beginEntry();
    const outcome = this.#applier.apply(request, index);
    this.backend.setConsistentIndex(RaftIndex(index), Term(1));
    return outcome.kind === 'refused'
      ? `refused: ${outcome.error.message}`
      : described(outcome.result);
  }

  /** Everything that all members must have alike, as text; how far a compaction got is not. */
  contents(): string {
    const { store, alarms, auth, cluster, v2Store } = this.state;
    const hashing = store.hashKv(0);
    let step = hashing.next();
    while (step.done !== true) step = hashing.next();
    const hash = step.value;
    const buckets = ETCD_BUCKETS.filter((name) => !OWN_BUCKETS.has(name)).map((name) => [
      name,
      [...this.backend.bucketEntries(name)],
    ]);
    return described({
      hash,
      revision: store.currentRevision,
      buckets,
      alarms: alarms.list(0),
      users: [auth.enabled, auth.revision, auth.users.list(), auth.roles.list()],
      version: cluster.clusterVersion,
      v2: v2Store.index,
    });
  }
}

/** Two that are members, and one that was. */
function addMembers({ cluster }: MemberState): void {
  for (const id of [1n, 2n, 3n]) {
    const peerUrls = [`http://member-${id}`];
    const member = { id: MemberId(id), name: '', peerUrls, clientUrls: [], isLearner: false };
    cluster.addMember(member);
  }
  cluster.removeMember(MemberId(3n));
}

/** Rows of keys, and what a member notes of itself. */
const OWN_BUCKETS: ReadonlySet<string> = new Set(['key', 'meta']);

function described(value: unknown): string {
  if (value instanceof Uint8Array) return asBuffer(value).toString('hex');
  if (Array.isArray(value)) return `[${value.map(described).join()}]`;
  if (value instanceof Promise) return 'later';
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value);
  return `{${fields.map(([name, field]) => `${name}:${described(field)}`).join()}}`;
}
