import type { Rng } from '@etcd-ts/foundation';
import { edgeInt64, pick, randomBytes, randomLength, randomText } from '@etcd-ts/fuzzing';
import {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import type { RequestOp } from '@etcd-ts/wire-protocol';
import type { RaftRequest } from '../raft-request.js';

/** Few, so that requests meet. */
const KEYS = ['a', 'b', 'c', 'ab', 'a\0', '', '\0', 'foo/1', 'foo/2'];
const NAMES = ['root', 'user', 'other', 'guest', ''];
const PATHS = ['/1/a', '/1/b', '/1/a/b', '/1/a/b/c', '/1', '/0/version', '/0/members/2/attributes'];
const METHODS = ['PUT', 'POST', 'DELETE', 'QGET', 'SYNC', 'GET'];
const MAX_DEPTH = 2;

/** A request of the log as clients and members make them, of every kind, about few things. */
export function randomRequest(rng: Rng, revision: number): RaftRequest {
  const authRevision = BigInt(rng.below(8));
  const username = rng.below(3) === 0 ? pick(rng, NAMES) : 'root';
  return {
    header: { ID: BigInt(1 + rng.below(100)), username, authRevision },
    ...pick(rng, rng.below(2) === 0 ? KEY_KINDS : KINDS)(rng, revision),
  };
}

/** So that there is something to ask for, to change and to forbid. */
export function firstRequests(rng: Rng): readonly RaftRequest[] {
  const names = ['root', 'user'];
  const requests: RaftRequest[] = [
    ...[1n, 2n, 3n].map((ID) => ({ leaseGrant: { ID, TTL: 60n } })),
    ...names.map((role) => ({ authRoleAdd: { name: role } })),
    ...names.map((user) => ({ authUserAdd: { name: user, ...PASSWORD, options: undefined } })),
    ...names.map((user) => ({ authUserGrantRole: { user, role: user } })),
    { authRoleGrantPermission: { name: 'user', perm: permission(rng) } },
    ...(rng.below(4) === 0 ? [{ authEnable: {} }] : []),
  ];
  return requests.map((request, at) => ({ header: { ...NOBODY, ID: BigInt(at + 1) }, ...request }));
}

const NOBODY = { username: '', authRevision: 0n };

type Kind = (rng: Rng, revision: number) => RaftRequest;

const key = (rng: Rng): Buffer => Buffer.from(pick(rng, KEYS));
const name = (rng: Rng): string => (rng.below(8) === 0 ? randomText(rng, 20) : pick(rng, NAMES));
const lease = (rng: Rng): bigint => BigInt(rng.below(5));
/** Of a put: mostly none. */
const attached = (rng: Rng): bigint => (rng.below(3) === 0 ? lease(rng) : 0n);
const rarely = (rng: Rng): boolean => rng.below(12) === 0;
const any = (rng: Rng): bigint => (rng.below(2) === 0 ? edgeInt64(rng) : BigInt(rng.below(30)));
const bool = (rng: Rng): boolean => rng.below(3) === 0;

const put = (rng: Rng): PutRequest => ({
  key: key(rng),
  value: randomBytes(rng, randomLength(rng, 40)),
  lease: attached(rng),
  prevKv: bool(rng),
  ignoreValue: rarely(rng),
  ignoreLease: rarely(rng),
});
const deleteRange = (rng: Rng): DeleteRangeRequest =>
  DeleteRangeRequest.create({ key: key(rng), rangeEnd: key(rng), prevKv: bool(rng) });
const range = (rng: Rng, current: number): RangeRequest =>
  RangeRequest.create({
    key: key(rng),
    rangeEnd: key(rng),
    limit: any(rng),
    // Near what is compacted, and what is not yet.
    revision: rng.below(3) === 0 ? any(rng) : BigInt(Math.max(0, current - rng.below(8))),
    sortOrder: pick(rng, [0, 1, 2]),
    sortTarget: pick(rng, [0, 1, 2, 3, 4]),
    keysOnly: bool(rng),
    countOnly: bool(rng),
    minModRevision: any(rng),
    maxCreateRevision: any(rng),
  });
const compare = (rng: Rng): Compare =>
  Compare.create({
    key: key(rng),
    rangeEnd: key(rng),
    result: pick(rng, [0, 1, 2, 3]),
    target: pick(rng, [0, 1, 2, 3, 4]),
    targetUnion: pick(rng, [
      undefined,
      { $case: 'version', value: any(rng) } as const,
      { $case: 'modRevision', value: any(rng) } as const,
      { $case: 'createRevision', value: any(rng) } as const,
      { $case: 'lease', value: lease(rng) } as const,
      { $case: 'value', value: randomBytes(rng, rng.below(4)) } as const,
    ]),
  });

function txn(rng: Rng, current: number, depth = 0): TxnRequest {
  const operations = (): RequestOp[] =>
    Array.from({ length: rng.below(4) }, () => ({ request: operation(rng, current, depth) }));
  return {
    compare: Array.from({ length: rng.below(3) }, () => compare(rng)),
    success: operations(),
    failure: operations(),
  };
}

function operation(rng: Rng, current: number, depth: number): RequestOp['request'] {
  switch (rng.below(depth < MAX_DEPTH ? 5 : 4)) {
    case 0:
      return { $case: 'requestRange', value: range(rng, current) };
    case 1:
      return { $case: 'requestDeleteRange', value: deleteRange(rng) };
    case 4:
      return { $case: 'requestTxn', value: txn(rng, current, depth + 1) };
    default:
      return { $case: 'requestPut', value: put(rng) };
  }
}

const permission = (rng: Rng) => ({
  permType: pick(rng, [0, 1, 2] as const),
  key: key(rng),
  rangeEnd: key(rng),
});

const KEY_KINDS: readonly Kind[] = [
  (rng) => ({ put: put(rng) }),
  (rng) => ({ put: put(rng) }),
  (rng, revision) => ({ txn: txn(rng, revision) }),
  (rng, revision) => ({ txn: txn(rng, revision) }),
  (rng) => ({ deleteRange: deleteRange(rng) }),
  (rng, revision) => ({
    compaction: {
      revision: rng.below(4) > 0 ? BigInt(Math.max(0, revision - rng.below(5))) : any(rng),
      physical: bool(rng),
    },
  }),
];

const KINDS: readonly Kind[] = [
  (rng) => ({ leaseGrant: { ID: lease(rng), TTL: any(rng) } }),
  (rng) => ({ leaseRevoke: { ID: lease(rng) } }),
  (rng) => ({ leaseCheckpoint: { checkpoints: [{ ID: lease(rng), remainingTTL: any(rng) }] } }),
  (rng) => ({
    alarm: {
      // Not often: what an alarm forbids is not tried.
      action: pick(rng, [0, 0, 0, 2, 2, 2, 2, 1] as const),
      memberID: BigInt(rng.below(3)),
      alarm: pick(rng, [0, 1, 2] as const),
    },
  }),
  (rng) => ({ authUserAdd: { name: name(rng), ...PASSWORD, options: pick(rng, OPTIONS) } }),
  (rng) => ({ authUserDelete: { name: name(rng) } }),
  (rng) => ({ authUserChangePassword: { name: name(rng), ...PASSWORD } }),
  (rng) => ({ authUserGet: { name: name(rng) } }),
  (rng) => ({ authUserGrantRole: { user: name(rng), role: name(rng) } }),
  (rng) => ({ authUserRevokeRole: { name: name(rng), role: name(rng) } }),
  () => ({ authUserList: {} }),
  (rng) => ({ authRoleAdd: { name: name(rng) } }),
  (rng) => ({ authRoleDelete: { role: name(rng) } }),
  (rng) => ({ authRoleGet: { role: name(rng) } }),
  () => ({ authRoleList: {} }),
  (rng) => ({ authRoleGrantPermission: { name: name(rng), perm: permission(rng) } }),
  (rng) => ({
    authRoleRevokePermission: { role: name(rng), key: key(rng), rangeEnd: key(rng) },
  }),
  () => ({ authEnable: {} }),
  () => ({ authDisable: {} }),
  () => ({ authStatus: {} }),
  (rng) => ({
    authenticate: { name: name(rng), password: '', simpleToken: randomText(rng, 10) },
  }),
  (rng) => ({ clusterVersionSet: { ver: pick(rng, ['3.5.0', '3.7.0', randomText(rng, 6)]) } }),
  (rng) => ({
    clusterMemberAttrSet: {
      memberID: BigInt(rng.below(4)),
      memberAttributes: { name: name(rng), clientUrls: [name(rng)] },
    },
  }),
  (rng) => ({ downgradeInfoSet: { enabled: bool(rng), ver: name(rng) } }),
  (rng) => v2Request(rng),
  (rng) => v2Request(rng),
];

/** As the faces send them: hashed there, for a hash has salt in it. */
const PASSWORD = { password: '', hashedPassword: Buffer.from('$2a$04$hash').toString('base64') };
const OPTIONS = [undefined, { noPassword: true }, { noPassword: false }];

function v2Request(rng: Rng): RaftRequest {
  const maybe = <T>(value: T): T | undefined => (rng.below(3) === 0 ? value : undefined);
  return {
    v2: {
      ID: BigInt(rng.below(100)),
      Method: pick(rng, METHODS),
      Path: pick(rng, PATHS),
      Val: rng.below(4) === 0 ? '{"name":"n","clientURLs":["http://a"]}' : randomText(rng, 20),
      Dir: bool(rng),
      PrevValue: bool(rng) ? randomText(rng, 4) : '',
      PrevIndex: BigInt(rng.below(20)),
      PrevExist: maybe(bool(rng)),
      Expiration: rng.below(4) === 0 ? edgeInt64(rng) : 0n,
      Wait: bool(rng),
      Since: BigInt(rng.below(20)),
      Recursive: bool(rng),
      Sorted: bool(rng),
      Quorum: bool(rng),
      Time: BigInt(rng.below(10)) * 1_000_000_000n,
      Stream: bool(rng),
      Refresh: maybe(bool(rng)),
    },
  };
}
