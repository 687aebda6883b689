import type { ServiceDefinition } from '@etcd-ts/rpc';
import {
  AuthDefinition,
  ClusterDefinition,
  ElectionDefinition,
  KVDefinition,
  LeaseDefinition,
  LockDefinition,
  MaintenanceDefinition,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';

/** What a JSON API needs of a generated message. */
export interface JsonCodec {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromJSON(object: object): unknown;
  toJSON(message: never): unknown;
}

export interface JsonRoute {
  /** Of the gRPC method, such as "/etcdserverpb.KV/Put". */
  readonly method: string;
  readonly requestType: JsonCodec;
  readonly responseType: JsonCodec;
}

interface JsonService extends ServiceDefinition {
  readonly methods: Readonly<
    Record<
      string,
      ServiceDefinition['methods'][string] & {
        readonly requestType: JsonCodec;
        readonly responseType: JsonCodec;
      }
    >
  >;
}

/** Below /v3: where each method of a service is. The compiler misses none; none has no path. */
type Paths<Service extends ServiceDefinition> = {
  readonly [Name in keyof Service['methods']]: readonly string[];
};

const leaseAlso = (name: string): readonly string[] => [`lease/${name}`, `kv/lease/${name}`];

const KV: Paths<typeof KVDefinition> = {
  range: ['kv/range'],
  // Of 3.7, which gives it no path.
  rangeStream: [],
  put: ['kv/put'],
  deleteRange: ['kv/deleterange'],
  txn: ['kv/txn'],
  compact: ['kv/compaction'],
};
const WATCH: Paths<typeof WatchDefinition> = { watch: ['watch'] };
const LEASE: Paths<typeof LeaseDefinition> = {
  leaseGrant: ['lease/grant'],
  leaseRevoke: leaseAlso('revoke'),
  leaseKeepAlive: ['lease/keepalive'],
  leaseTimeToLive: leaseAlso('timetolive'),
  leaseLeases: leaseAlso('leases'),
};
const CLUSTER: Paths<typeof ClusterDefinition> = {
  memberAdd: ['cluster/member/add'],
  memberRemove: ['cluster/member/remove'],
  memberUpdate: ['cluster/member/update'],
  memberList: ['cluster/member/list'],
  memberPromote: ['cluster/member/promote'],
};
const MAINTENANCE: Paths<typeof MaintenanceDefinition> = {
  alarm: ['maintenance/alarm'],
  status: ['maintenance/status'],
  defragment: ['maintenance/defragment'],
  hash: ['maintenance/hash'],
  hashKV: ['maintenance/hashkv'],
  snapshot: ['maintenance/snapshot'],
  moveLeader: ['maintenance/transfer-leadership'],
  downgrade: ['maintenance/downgrade'],
};
const AUTH: Paths<typeof AuthDefinition> = {
  authEnable: ['auth/enable'],
  authDisable: ['auth/disable'],
  authStatus: ['auth/status'],
  authenticate: ['auth/authenticate'],
  userAdd: ['auth/user/add'],
  userGet: ['auth/user/get'],
  userList: ['auth/user/list'],
  userDelete: ['auth/user/delete'],
  userChangePassword: ['auth/user/changepw'],
  userGrantRole: ['auth/user/grant'],
  userRevokeRole: ['auth/user/revoke'],
  roleAdd: ['auth/role/add'],
  roleGet: ['auth/role/get'],
  roleList: ['auth/role/list'],
  roleDelete: ['auth/role/delete'],
  roleGrantPermission: ['auth/role/grant'],
  roleRevokePermission: ['auth/role/revoke'],
};
const LOCK: Paths<typeof LockDefinition> = { lock: ['lock/lock'], unlock: ['lock/unlock'] };
const ELECTION: Paths<typeof ElectionDefinition> = {
  campaign: ['election/campaign'],
  proclaim: ['election/proclaim'],
  leader: ['election/leader'],
  observe: ['election/observe'],
  resign: ['election/resign'],
};

const SERVICES: readonly (readonly [JsonService, Readonly<Record<string, readonly string[]>>])[] = [
  [KVDefinition, KV],
  [WatchDefinition, WATCH],
  [LeaseDefinition, LEASE],
  [ClusterDefinition, CLUSTER],
  [MaintenanceDefinition, MAINTENANCE],
  [AuthDefinition, AUTH],
  [LockDefinition, LOCK],
  [ElectionDefinition, ELECTION],
];

/** By path, such as "/v3/kv/range". */
export const JSON_ROUTES: ReadonlyMap<string, JsonRoute> = new Map(
  SERVICES.flatMap(([{ fullName, methods }, paths]) =>
    Object.entries(methods).flatMap(([key, { name, requestType, responseType }]) =>
      (paths[key] ?? []).map((path): readonly [string, JsonRoute] => [
        `/v3/${path}`,
        { method: `/${fullName}/${name}`, requestType, responseType },
      ]),
    ),
  ),
);
