import { ERRORS, GrpcStatus } from '@etcd-ts/wire-protocol';
import {
  AlarmRequest,
  AlarmRequest_AlarmAction,
  AuthenticateRequest,
  AuthRoleGetRequest,
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserGetRequest,
  AuthUserGrantRoleRequest,
  CampaignRequest,
  CompactionRequest,
  DowngradeRequest,
  HashKVRequest,
  HealthCheckRequest,
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  LockRequest,
  MemberAddRequest,
  MemberRemoveRequest,
  MemberUpdateRequest,
  MoveLeaderRequest,
  ProclaimRequest,
  UnlockRequest,
  WatchRequest,
} from '@etcd-ts/wire-protocol';
import type { RegisteredError, WatchCreateRequest } from '@etcd-ts/wire-protocol';

import { LEASE_IN, LEASE_OUT, PASSWORD } from './guarded-member.js';
import type { Right } from './principals.js';

/** Whom a method is for. */
export type Need =
  | 'nothing'
  /** Whoever has a valid token, or none. */
  | 'no false token'
  | 'a name'
  | 'an administrator'
  /** A name, and these rights unless it is an administrator's. */
  | readonly Right[];

type Failure = Pick<RegisteredError, 'code' | 'message'>;

export interface RpcCase {
  readonly name: string;
  readonly path: string;
  readonly request: Uint8Array;
  readonly need: Need;
  /** What it is answered with where it is permitted, if that is no success. */
  readonly fails?: Failure;
  /** Also permitted to these users by name, whatever the need. */
  readonly alsoFor?: readonly string[];
  /** Refusals lose their code on the way: see asClientOfTheNode. */
  readonly throughClient?: true;
  readonly isWatch?: true;
}

const NOTHING = new Uint8Array(0);
const key = (text: string): Buffer => Buffer.from(text, 'latin1');
const uncoded = (message: string): Failure => ({ code: GrpcStatus.Unknown, message });
const UNKNOWN_ID = 0x77n;

type Details = Partial<RpcCase>;

const rpc =
  (service: string) =>
  (method: string, request: Uint8Array, need: Need, details: Details = {}): RpcCase => {
    const name = details.name === undefined ? method : `${method} ${details.name}`;
    return { path: `/${service}/${method}`, request, need, ...details, name };
  };

const lease = rpc('etcdserverpb.Lease');
const cluster = rpc('etcdserverpb.Cluster');
const maintenance = rpc('etcdserverpb.Maintenance');
const auth = rpc('etcdserverpb.Auth');
const lock = rpc('v3lockpb.Lock');
const election = rpc('v3electionpb.Election');

const LEASES: readonly RpcCase[] = [
  lease('LeaseGrant', LeaseGrantRequest.encode({ ID: 0n, TTL: 60n }).finish(), 'a name'),
  lease('LeaseRevoke', LeaseRevokeRequest.encode({ ID: LEASE_IN }).finish(), ['write in']),
  lease('LeaseRevoke', LeaseRevokeRequest.encode({ ID: LEASE_OUT }).finish(), ['write out'], {
    name: 'of other keys',
  }),
  lease('LeaseRevoke', LeaseRevokeRequest.encode({ ID: UNKNOWN_ID }).finish(), 'a name', {
    name: 'of no lease',
    fails: ERRORS.LeaseNotFound,
  }),
  lease('LeaseKeepAlive', LeaseKeepAliveRequest.encode({ ID: LEASE_IN }).finish(), ['write in']),
  lease('LeaseKeepAlive', LeaseKeepAliveRequest.encode({ ID: LEASE_OUT }).finish(), ['write out'], {
    name: 'of other keys',
  }),
  lease('LeaseTimeToLive', timeToLive(LEASE_OUT, false), 'a name'),
  lease('LeaseTimeToLive', timeToLive(LEASE_IN, true), ['read in'], { name: 'with keys' }),
  lease('LeaseTimeToLive', timeToLive(LEASE_OUT, true), ['read out'], { name: 'with other keys' }),
  lease('LeaseLeases', NOTHING, ['read in', 'read out']),
];

const MEMBERS: readonly RpcCase[] = [
  cluster('MemberList', NOTHING, 'a name'),
  cluster(
    'MemberAdd',
    MemberAddRequest.encode({ peerURLs: ['http://localhost:2380'], isLearner: true }).finish(),
    'an administrator',
    { fails: ERRORS.PeerURLExist },
  ),
  ...(['MemberRemove', 'MemberPromote'] as const).map((method) =>
    cluster(method, MemberRemoveRequest.encode({ ID: UNKNOWN_ID }).finish(), 'an administrator', {
      fails: ERRORS.MemberNotFound,
    }),
  ),
  cluster(
    'MemberUpdate',
    MemberUpdateRequest.encode({ ID: UNKNOWN_ID, peerURLs: ['http://localhost:9'] }).finish(),
    'an administrator',
    { fails: ERRORS.MemberNotFound },
  ),
];

const MAINTENANCE: readonly RpcCase[] = [
  maintenance('Alarm', NOTHING, 'a name'),
  ...[AlarmRequest_AlarmAction.ACTIVATE, AlarmRequest_AlarmAction.DEACTIVATE, 9 as const].map(
    (action) =>
      maintenance(
        'Alarm',
        AlarmRequest.encode(AlarmRequest.create({ action: action as 1 })).finish(),
        'an administrator',
        { name: `with action ${action}` },
      ),
  ),
  maintenance('Status', NOTHING, 'a name'),
  maintenance('Defragment', NOTHING, 'an administrator'),
  maintenance('Hash', NOTHING, 'an administrator'),
  maintenance('HashKV', HashKVRequest.encode({ revision: 0n }).finish(), 'an administrator'),
  maintenance('Snapshot', NOTHING, 'an administrator'),
  maintenance(
    'MoveLeader',
    MoveLeaderRequest.encode({ targetID: UNKNOWN_ID }).finish(),
    'an administrator',
    { fails: ERRORS.BadLeaderTransferee },
  ),
  maintenance(
    'Downgrade',
    DowngradeRequest.encode({ action: 0, version: 'x' }).finish(),
    'an administrator',
    { fails: ERRORS.WrongDowngradeVersionFormat },
  ),
  rpc('etcdserverpb.KV')(
    'Compact',
    CompactionRequest.encode({ revision: 1_000_000n, physical: false }).finish(),
    'an administrator',
    { fails: ERRORS.FutureRev },
  ),
];

const ofUser = (name: string): Uint8Array => AuthUserGetRequest.encode({ name }).finish();
const ofRole = (role: string): Uint8Array => AuthRoleGetRequest.encode({ role }).finish();

/** Those that would change something ask for what is not there. */
const AUTH: readonly RpcCase[] = [
  auth('AuthEnable', NOTHING, 'an administrator'),
  auth('AuthStatus', NOTHING, 'no false token'),
  auth(
    'Authenticate',
    AuthenticateRequest.encode({ name: 'reader', password: PASSWORD }).finish(),
    'nothing',
  ),
  auth(
    'UserAdd',
    AuthUserAddRequest.encode(AuthUserAddRequest.create({ name: 'root', password: 'x' })).finish(),
    'an administrator',
    { fails: ERRORS.UserAlreadyExist },
  ),
  auth('UserGet', ofUser('reader'), 'an administrator', { alsoFor: ['reader'] }),
  auth('UserList', NOTHING, 'an administrator'),
  auth('UserDelete', ofUser('none'), 'an administrator', { fails: ERRORS.UserNotFound }),
  auth(
    'UserChangePassword',
    AuthUserChangePasswordRequest.encode(
      AuthUserChangePasswordRequest.create({ name: 'none', password: 'x' }),
    ).finish(),
    'an administrator',
    { fails: ERRORS.UserNotFound },
  ),
  auth(
    'UserGrantRole',
    AuthUserGrantRoleRequest.encode({ user: 'none', role: 'root' }).finish(),
    'an administrator',
    { fails: ERRORS.UserNotFound },
  ),
  auth('UserRevokeRole', ofUser('none'), 'an administrator', { fails: ERRORS.UserNotFound }),
  auth('RoleAdd', ofUser('reader'), 'an administrator', { fails: ERRORS.RoleAlreadyExist }),
  auth('RoleGet', ofRole('reader'), 'an administrator', { alsoFor: ['reader'] }),
  auth('RoleList', NOTHING, 'an administrator'),
  auth('RoleDelete', ofRole('none'), 'an administrator', { fails: ERRORS.RoleNotFound }),
  auth(
    'RoleGrantPermission',
    AuthRoleGrantPermissionRequest.encode({
      name: 'none',
      perm: { permType: 0, key: key('a'), rangeEnd: key('') },
    }).finish(),
    'an administrator',
    { fails: ERRORS.RoleNotFound },
  ),
  auth(
    'RoleRevokePermission',
    AuthRoleRevokePermissionRequest.encode(
      AuthRoleRevokePermissionRequest.create({ role: 'none', key: key('a') }),
    ).finish(),
    'an administrator',
    { fails: ERRORS.RoleNotFound },
  ),
];

const LEADER = { name: key('a-election'), key: key('a-election/1'), rev: 1n, lease: LEASE_IN };

function concurrency(name: 'a' | 'z', side: 'in' | 'out'): readonly RpcCase[] {
  const through = { throughClient: true, name: `under "${name}"` } as const;
  const both: readonly Right[] = [`write ${side}`, `read ${side}`];
  const leader = { ...LEADER, name: key(`${name}-e`), key: key(`${name}-e/1`) };
  const leaderName = CampaignRequest.create({ name: key(`${name}-none`) });
  const notLeader = uncoded('election: not leader');
  return [
    // Its own lease, so that the next one need not wait for this one's end.
    lock(
      'Lock',
      LockRequest.encode({ name: key(`${name}-l`), lease: leaseOf(side) }).finish(),
      both,
      {
        ...through,
      },
    ),
    lock('Unlock', UnlockRequest.encode({ key: key(`${name}-none`) }).finish(), [`write ${side}`], {
      ...through,
    }),
    election(
      'Campaign',
      CampaignRequest.encode({
        name: key(`${name}-c`),
        lease: leaseOf(side),
        value: key('v'),
      }).finish(),
      both,
      through,
    ),
    election('Proclaim', ProclaimRequest.encode({ leader, value: key('v') }).finish(), both, {
      ...through,
      fails: notLeader,
    }),
    election('Resign', ProclaimRequest.encode({ leader, value: key('') }).finish(), both, through),
    election('Leader', CampaignRequest.encode(leaderName).finish(), [`read ${side}`], {
      ...through,
      fails: uncoded('election: no leader'),
    }),
  ];
}

const leaseOf = (side: 'in' | 'out'): bigint => (side === 'in' ? LEASE_IN : LEASE_OUT);

function watch(name: string, request: Partial<WatchCreateRequest>, need: Need): RpcCase {
  const value = WatchRequest.fromPartial({
    requestUnion: { $case: 'createRequest', value: request },
  });
  const bytes = WatchRequest.encode(value).finish();
  return rpc('etcdserverpb.Watch')('Watch', bytes, need, { name, isWatch: true });
}

const BOTH: readonly Right[] = ['read in', 'read out'];

const WATCHES: readonly RpcCase[] = [
  watch('one key', { key: key('a1') }, ['read in']),
  watch('a part', { key: key('a1'), rangeEnd: key('a9') }, ['read in']),
  watch('all of it', { key: key('a'), rangeEnd: key('b') }, ['read in']),
  watch('another key', { key: key('z') }, ['read out']),
  watch('one key too many', { key: key('a'), rangeEnd: key('b\0') }, BOTH),
  watch('from a key on', { key: key('a'), rangeEnd: key('\0') }, BOTH),
  watch('no key at all', {}, ['read out']),
  watch('everything', { rangeEnd: key('\0') }, BOTH),
  watch('the past', { key: key('z'), startRevision: 2n }, ['read out']),
  watch('previous values', { key: key('z'), prevKv: true }, ['read out']),
];

/** Every method but those of data, which have a matrix of their own. */
export const RPC_CASES: readonly RpcCase[] = [
  ...LEASES,
  ...MEMBERS,
  ...MAINTENANCE,
  ...AUTH,
  ...concurrency('a', 'in'),
  ...concurrency('z', 'out'),
  ...WATCHES,
  rpc('grpc.health.v1.Health')(
    'Check',
    HealthCheckRequest.encode({ service: '' }).finish(),
    'nothing',
  ),
  rpc('grpc.health.v1.Health')('Watch', NOTHING, 'nothing'),
];

function timeToLive(ID: bigint, keys: boolean): Uint8Array {
  return LeaseTimeToLiveRequest.encode({ ID, keys }).finish();
}
