import {
  checkFencing,
  checkSet,
  elementsOf,
  EtcdMixWorkload,
  KubernetesMixWorkload,
  LeaseWorkload,
  ListAppendWorkload,
  LockWorkload,
  ReaderWorkload,
  RegisterWorkload,
  SetWorkload,
  type Verdict,
  type Workload,
} from '@etcd-ts/checker';

import type { Caller } from '../../cluster/load/cluster-load.js';
import type { Verified } from '../../cluster/load/verification.js';
import { Access } from './access.js';
import type { Disturbance } from './disturbance.js';
import { COMPACTING, UPKEEP, USERS } from './disturbances.js';

export type WorkloadKind =
  'R' | 'Q' | 'A' | 'S' | 'T' | 'K' | 'W' | 'L' | 'M' | 'C' | 'D' | 'U' | 'V';

/** What clients do in one run, and what is judged of it beside the order of all operations. */
export interface Traffic {
  readonly workloads: readonly Workload[];
  readonly prefixes: readonly string[];
  readonly disturbances: readonly Disturbance[];
  /** Watchers that come and go. */
  readonly watchers?: boolean;
  readonly v2?: boolean;
  /** Somebody joins before the fault, and leaves after it. */
  readonly reconfigures?: boolean;
  readonly stalls?: { readonly oneIn: number; readonly durationMs: number };
  judge?(verified: Verified): Verdict;
  /** By whom the requests of a client are sent; undefined: as usual. */
  callerFor?(client: number): Caller | undefined;
}

/** How long a client that holds a lock stands still at times: longer than its lease lives. */
const STALL = { oneIn: 60, durationMs: 2_500 };
const QUIET = { prefixes: [], disturbances: [] };

/** `unique` differs from that of every run before on the same cluster. */
export function trafficOf(kind: WorkloadKind, unique: number): Traffic {
  const firstLease = BigInt(unique) * 1_000_000n + 1n;
  const prefix = `${kind}${unique}/`;
  const mix = new EtcdMixWorkload({ prefix, firstLease });
  const plain = { workloads: [mix], ...QUIET, prefixes: [prefix] };
  switch (kind) {
    case 'R':
      return { workloads: [new RegisterWorkload({ prefix })], ...QUIET };
    case 'Q':
      return { workloads: registersAndReaders(prefix), ...QUIET };
    case 'A':
      return { workloads: [new ListAppendWorkload({ prefix })], ...QUIET };
    case 'S':
      return sets(prefix);
    case 'T':
      return plain;
    case 'K': {
      const pods = new KubernetesMixWorkload({ prefix });
      return { workloads: [pods], prefixes: [prefix], disturbances: [], watchers: true };
    }
    case 'W':
      return { ...plain, watchers: true };
    case 'L':
      return leasesAndLocks(prefix, firstLease);
    case 'M':
      return { ...plain, reconfigures: true };
    case 'C':
      return { ...plain, disturbances: [COMPACTING], watchers: true };
    case 'D':
      return { ...plain, disturbances: [UPKEEP] };
    case 'U': {
      const access = new Access(kind);
      const callerFor = (client: number): Caller | undefined => access.callerFor(client);
      return { ...plain, disturbances: [access, USERS], callerFor };
    }
    case 'V':
      return { ...plain, v2: true };
  }
}

export const ALL_WORKLOADS: readonly WorkloadKind[] = [
  ...(['R', 'Q', 'A', 'S', 'T', 'K', 'W', 'L', 'M', 'C', 'D', 'U', 'V'] as const),
];

/** Three of four clients do nothing but read, and never what may be old. */
function registersAndReaders(prefix: string): readonly Workload[] {
  const readers = new ReaderWorkload([prefix], { serializableShare: 0 });
  return [new RegisterWorkload({ prefix }), readers, readers, readers];
}

function sets(prefix: string): Traffic {
  const set = new SetWorkload(`${prefix}set`);
  return {
    workloads: [set],
    ...QUIET,
    judge: ({ base }) => {
      const value = base.kvs.find(({ key }) => key === set.key)?.value;
      return checkSet(set.adds, elementsOf(value));
    },
  };
}

function leasesAndLocks(prefix: string, firstLease: bigint): Traffic {
  const key = `${prefix}lock`;
  const lock = new LockWorkload({ key, firstLease: firstLease + 500_000n, fenced: true });
  return {
    workloads: [new LeaseWorkload({ prefix, firstLease }), lock],
    ...QUIET,
    stalls: STALL,
    judge: () => checkFencing(lock.holds, lock.writes),
  };
}
