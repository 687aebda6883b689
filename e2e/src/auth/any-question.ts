import { prefixEnd } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import {
  AuthUserAddRequest,
  Compare_CompareResult,
  Compare_CompareTarget,
  DeleteRangeRequest,
  Permission,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import type { Compare, RequestOp } from '@etcd-ts/wire-protocol';

import type { CallName, Question } from './question.js';

const USERS = ['root', 'ann', 'bob', 'cid'];
/** Of those who are nobody, or may do everything, there is less to learn. */
const ASKERS = ['root', undefined, ...['ann', 'bob', 'cid'].flatMap((name) => [name, name, name])];
const ROLES = ['root', 'r1', 'r2', 'r3'];
const PASSWORDS = ['one', 'two'];
const KEYS = ['a', 'ab', 'b', 'b/1', 'c', '\0', '\xff'].map((key) => Buffer.from(key, 'latin1'));
const LEASES = [11n, 12n, 13n];
const LEASE_TTL_SECONDS = 36_000n;
const NO_BYTES = Buffer.alloc(0);
const OPEN_END = Buffer.of(0);

function pick<T>(rng: Rng, choices: readonly T[]): T {
  if (choices.length === 0) throw new Error('nothing to pick from');
  return choices[rng.below(choices.length)] as T;
}

const chance = (rng: Rng, probability: number): boolean => rng.next() < probability;
const anyKey = (rng: Rng): Buffer => pick(rng, KEYS);

/** One key, up to another (never without keys: see there), a prefix, or everything from a key on. */
function anyRange(rng: Rng): { readonly key: Buffer; readonly rangeEnd: Buffer } {
  const key = anyKey(rng);
  const other = anyKey(rng);
  switch (rng.below(4)) {
    case 0:
      return { key, rangeEnd: Buffer.from(prefixEnd(key)) };
    case 1:
      return { key, rangeEnd: OPEN_END };
    case 2:
      return { key, rangeEnd: Buffer.compare(key, other) < 0 ? other : NO_BYTES };
    default:
      return { key, rangeEnd: NO_BYTES };
  }
}

function anyPut(rng: Rng, lease: bigint): PutRequest {
  const value = Buffer.from('v');
  return PutRequest.fromPartial({ key: anyKey(rng), value, lease, prevKv: chance(rng, 0.3) });
}

const anyDelete = (rng: Rng): DeleteRangeRequest =>
  DeleteRangeRequest.fromPartial({ ...anyRange(rng), prevKv: chance(rng, 0.3) });

/** It holds whatever the keys are, so that the first branch is the one that is executed. */
function anyCompare(rng: Rng): Compare {
  return {
    ...anyRange(rng),
    result: Compare_CompareResult.GREATER,
    target: Compare_CompareTarget.VERSION,
    targetUnion: { $case: 'version', value: -1n },
  };
}

/** At most one write a branch: two of one key are refused before anybody looks at permissions. */
function anyTxn(rng: Rng, leases: readonly bigint[], depth: number): TxnRequest {
  const branch = (): RequestOp[] => {
    const reads = Array.from({ length: rng.below(2) }, () => readOperation(rng));
    return [...reads, lastOperation(rng, leases, depth)];
  };
  return TxnRequest.fromPartial({
    compare: chance(rng, 0.4) ? [anyCompare(rng)] : [],
    success: branch(),
    failure: chance(rng, 0.5) ? branch() : [],
  });
}

function readOperation(rng: Rng): RequestOp {
  return { request: { $case: 'requestRange', value: RangeRequest.fromPartial(anyRange(rng)) } };
}

function lastOperation(rng: Rng, leases: readonly bigint[], depth: number): RequestOp {
  if (depth > 0 && chance(rng, 0.4)) {
    return { request: { $case: 'requestTxn', value: anyTxn(rng, leases, depth - 1) } };
  }
  if (chance(rng, 0.3)) {
    return { request: { $case: 'requestDeleteRange', value: anyDelete(rng) } };
  }
  const lease = leases.length > 0 && chance(rng, 0.4) ? pick(rng, leases) : 0n;
  return { request: { $case: 'requestPut', value: anyPut(rng, lease) } };
}

const TYPES = [0, 1, 2, 2] as const;

/**
 * Always of some keys: etcd 3.4 takes permissions for reversed ranges and for the empty key, which
 * later ones refuse, and crashes when it is asked to grant none at all.
 */
const anyGrant = (rng: Rng): Permission =>
  Permission.fromPartial({ ...anyRange(rng), permType: pick(rng, TYPES) });

type Asked<Name extends CallName> = Extract<Question, { call: Name }>['request'];
type Generators = {
  readonly [Name in CallName]: {
    /** How often, compared with the others. */
    readonly weight: number;
    readonly request: (rng: Rng, leases: readonly bigint[]) => Asked<Name>;
  };
};

const anyUser = (rng: Rng): string => (chance(rng, 0.03) ? '' : pick(rng, USERS));
const anyRole = (rng: Rng): string => (chance(rng, 0.03) ? '' : pick(rng, ROLES));
const nothing = (): object => ({});
const anyLeaseId = (rng: Rng): bigint => pick(rng, LEASES);

const GENERATORS: Generators = {
  range: { weight: 60, request: (rng) => RangeRequest.fromPartial(anyRange(rng)) },
  put: { weight: 30, request: (rng) => anyPut(rng, chance(rng, 0.3) ? anyLeaseId(rng) : 0n) },
  deleteRange: { weight: 25, request: anyDelete },
  txn: { weight: 30, request: (rng, leases) => anyTxn(rng, leases, 3) },
  leaseGrant: { weight: 5, request: (rng) => ({ ID: anyLeaseId(rng), TTL: LEASE_TTL_SECONDS }) },
  leaseRevoke: { weight: 4, request: (rng) => ({ ID: anyLeaseId(rng) }) },
  leaseTimeToLive: {
    weight: 6,
    request: (rng) => ({ ID: anyLeaseId(rng), keys: chance(rng, 0.7) }),
  },
  leaseLeases: { weight: 3, request: nothing },
  authEnable: { weight: 3, request: nothing },
  authDisable: { weight: 0.15, request: nothing },
  authenticate: {
    weight: 8,
    request: (rng) => ({ name: anyUser(rng), password: pick(rng, PASSWORDS) }),
  },
  userAdd: {
    weight: 6,
    request: (rng) =>
      AuthUserAddRequest.fromPartial({
        name: anyUser(rng),
        password: pick(rng, PASSWORDS),
        options: chance(rng, 0.1) ? { noPassword: true } : undefined,
      }),
  },
  userGet: { weight: 6, request: (rng) => ({ name: anyUser(rng) }) },
  userList: { weight: 2, request: nothing },
  userDelete: { weight: 0.5, request: (rng) => ({ name: anyUser(rng) }) },
  userChangePassword: {
    weight: 0.7,
    request: (rng) => ({ name: anyUser(rng), password: pick(rng, PASSWORDS), hashedPassword: '' }),
  },
  userGrantRole: { weight: 8, request: (rng) => ({ user: anyUser(rng), role: anyRole(rng) }) },
  userRevokeRole: { weight: 3, request: (rng) => ({ name: anyUser(rng), role: anyRole(rng) }) },
  roleAdd: { weight: 5, request: (rng) => ({ name: pick(rng, ROLES) }) },
  roleGet: { weight: 6, request: (rng) => ({ role: anyRole(rng) }) },
  roleList: { weight: 2, request: nothing },
  roleDelete: { weight: 0.7, request: (rng) => ({ role: anyRole(rng) }) },
  roleGrantPermission: {
    weight: 10,
    request: (rng) => ({ name: anyRole(rng), perm: anyGrant(rng) }),
  },
  roleRevokePermission: {
    weight: 5,
    request: (rng) => ({ role: anyRole(rng), ...anyRange(rng) }),
  },
};

const NAMES = Object.keys(GENERATORS) as CallName[];
const TOTAL_WEIGHT = NAMES.reduce((sum, name) => sum + GENERATORS[name].weight, 0);
const DATA = new Set<CallName>(['range', 'put', 'deleteRange', 'txn']);

/** Data is asked for by everybody alike; administration mostly by root, or little would change. */
export function anyQuestion(rng: Rng, leases: readonly bigint[]): Question {
  const call = anyCall(rng);
  const request = GENERATORS[call].request(rng, leases);
  return { by: anyAsker(rng, call), call, request } as Question;
}

function anyAsker(rng: Rng, call: CallName): string | undefined {
  // etcd 3.4 looks at the token of somebody who is only about to get one; later ones do not.
  if (call === 'authenticate') return undefined;
  if (!DATA.has(call) && chance(rng, 0.7)) return 'root';
  return pick(rng, ASKERS);
}

function anyCall(rng: Rng): CallName {
  let at = rng.next() * TOTAL_WEIGHT;
  for (const name of NAMES) {
    at -= GENERATORS[name].weight;
    if (at < 0) return name;
  }
  return 'range';
}
