import { AuthStore, credentialsOf, NOBODY, SimpleTokens } from '@etcd-ts/auth';
import type { AuthFailure, AuthInfo, AuthOutcome, OperationAccess, TxnAccess } from '@etcd-ts/auth';
import {
  authError,
  LimitedLog,
  LoginThrottle,
  PasswordLogin,
  Passwords,
} from '@etcd-ts/credentials';
import { LeaseId, must, SILENT_LOGGER } from '@etcd-ts/foundation';
import { EtcdError, ERRORS, Permission } from '@etcd-ts/wire-protocol';
import type { Permission as WirePermission, RequestOp, TxnRequest } from '@etcd-ts/wire-protocol';

import type { AttachedKeys } from './attached-keys.js';
import { MemoryBuckets } from './memory-buckets.js';
import type { Question, Verdict } from './question.js';

const BCRYPT_COST = 4;
const PATIENT = (): AbortSignal => new AbortController().signal;

/**
 * The part of a member that decides, without the rest of it: users, roles, passwords, tokens and
 * permissions as this repository has them; of the data only which key is attached to which lease.
 */
export class SimulatedMember {
  readonly #clock = { nowMs: 0, monotonicMs: () => this.#clock.nowMs, wallMs: () => 0 };
  readonly #passwords = new Passwords(BCRYPT_COST);
  readonly #auth: AuthStore;
  readonly #login: PasswordLogin;
  readonly #attached: AttachedKeys;
  readonly #tokenOf = new Map<string, string>();
  #index = 0;

  constructor(attached: AttachedKeys) {
    this.#attached = attached;
    const tokens = new SimpleTokens({
      clock: this.#clock,
      ttlSeconds: Number.MAX_SAFE_INTEGER,
      secureBelow: (limit) => this.#index % limit,
      applied: () => true,
    });
    this.#auth = new AuthStore({
      buckets: new MemoryBuckets(),
      tokens,
      keysOfLease: (lease) => attached.keysOf(lease),
      hashNow: (password) => this.#passwords.hashNow(password),
      logger: SILENT_LOGGER,
    });
    this.#auth.load();
    const log = new LimitedLog(this.#clock, SILENT_LOGGER);
    this.#login = new PasswordLogin({
      auth: this.#auth,
      tokens,
      passwords: this.#passwords,
      throttle: new LoginThrottle(this.#clock, log),
      log,
      readIndex: () => Promise.resolve(),
      propose: async (username, tokenPrefix) => {
        const index = ++this.#index;
        granted(this.#auth.logIn({ username, tokenPrefix, index }));
        return index;
      },
    });
  }

  /** An hour after the one before: nobody is slowed down for guessing. */
  async ask(question: Question): Promise<Verdict> {
    this.#clock.nowMs += 3_600_000;
    try {
      return { code: 0, message: '', ...(await this.#answer(question)) };
    } catch (error) {
      if (error instanceof EtcdError) return { code: error.code, message: error.message };
      throw error;
    }
  }

  permissionsIn(role: string): number {
    const permissions = this.#auth.roles.get(role);
    return permissions.kind === 'ok' ? permissions.value.length : 0;
  }

  async #answer(question: Question): Promise<{ readonly answer?: unknown }> {
    if (question.call === 'authenticate') return this.#authenticate(question.request);
    const token = this.#tokenOf.get(question.by ?? '');
    const metadata = { get: (name: string) => (name === 'token' ? token : undefined) };
    const info = granted(await this.#auth.identify(credentialsOf(metadata, undefined)));
    return (await this.#administer(question, info)) ?? this.#access(question, info);
  }

  async #authenticate({ name, password }: { name: string; password: string }): Promise<object> {
    const attempt = { name, password, address: 'here', signal: PATIENT() };
    this.#tokenOf.set(name, await this.#login.authenticate(attempt));
    return {};
  }

  /** Undefined: it is no question of administration. */
  async #administer(
    question: Question,
    info: AuthInfo | undefined,
  ): Promise<{ readonly answer?: unknown } | undefined> {
    const { users, roles, access } = this.#auth;
    switch (question.call) {
      case 'userGet':
        permitted(access.isUserGetPermitted(info, question.request.name));
        return { answer: { roles: granted(users.get(question.request.name)) } };
      case 'roleGet': {
        permitted(access.isRoleGetPermitted(info, question.request.role));
        const permissions = granted(roles.get(question.request.role));
        return { answer: { perm: permissions.map(toWirePermission) } };
      }
      case 'userList':
        permitted(access.isAdminPermitted(info));
        return { answer: { users: users.list() } };
      case 'roleList':
        permitted(access.isAdminPermitted(info));
        return { answer: { roles: roles.list() } };
      default:
        return this.#change(question, info);
    }
  }

  async #change(
    question: Question,
    info: AuthInfo | undefined,
  ): Promise<{ readonly answer?: unknown } | undefined> {
    const { users, roles, access } = this.#auth;
    const change = async (apply: () => AuthOutcome | undefined): Promise<object> => {
      permitted(access.isAdminPermitted(info));
      const outcome = apply();
      if (outcome !== undefined) granted(outcome);
      return {};
    };
    switch (question.call) {
      case 'authEnable':
        return change(() => this.#auth.enable());
      case 'authDisable':
        return change(() => {
          this.#auth.disable();
          this.#tokenOf.clear();
          return undefined;
        });
      case 'userAdd': {
        const { name, password, options } = question.request;
        const noPassword = options?.noPassword ?? false;
        const hashedPassword = await this.#passwords.hashForLog(password, PATIENT());
        return change(() => users.add({ name, noPassword, password: '', hashedPassword }));
      }
      case 'userChangePassword': {
        const hashedPassword = await this.#passwords.hashForLog(
          question.request.password,
          PATIENT(),
        );
        const { name } = question.request;
        return change(() => users.changePassword(name, { password: '', hashedPassword }));
      }
      case 'userDelete':
        return change(() => users.delete(question.request.name));
      case 'userGrantRole':
        return change(() => users.grantRole(question.request.user, question.request.role));
      case 'userRevokeRole':
        return change(() => users.revokeRole(question.request.name, question.request.role));
      case 'roleAdd':
        return change(() => roles.add(question.request.name));
      case 'roleDelete':
        return change(() => roles.delete(question.request.role));
      case 'roleGrantPermission':
        return change(() => roles.grantPermission(question.request.name, ...toDomain(question)));
      case 'roleRevokePermission':
        return change(() => roles.revokePermission(question.request.role, question.request));
      default:
        return undefined;
    }
  }

  #access(question: Question, info: AuthInfo | undefined): object {
    const { access, requests } = this.#auth;
    const who = info ?? NOBODY;
    switch (question.call) {
      case 'range': {
        const { key, rangeEnd } = question.request;
        return permitted(access.isRangePermitted(who, key, rangeEnd));
      }
      case 'put': {
        const lease = LeaseId(question.request.lease);
        permitted(requests.put(who, { ...question.request, lease }));
        return lease === 0n ? {} : this.#leaseExists(lease);
      }
      case 'deleteRange':
        return permitted(requests.deleteRange(who, question.request));
      case 'txn':
        return permitted(requests.txn(who, toTxnAccess(question.request)));
      case 'leaseGrant':
        permitted(access.isAnyonePermitted(info));
        if (!this.#exists(LeaseId(question.request.ID))) return {};
        throw ERRORS.LeaseExist.error();
      case 'leaseRevoke':
        permitted(access.isAnyonePermitted(info));
        permitted(requests.leaseWrite(who, LeaseId(question.request.ID)));
        return this.#leaseExists(LeaseId(question.request.ID));
      case 'leaseTimeToLive':
        permitted(access.isAnyonePermitted(info));
        if (!question.request.keys) return {};
        return permitted(requests.leaseRead(who, [LeaseId(question.request.ID)]));
      case 'leaseLeases':
        permitted(access.isAnyonePermitted(info));
        return permitted(requests.leaseRead(who, this.#attached.leases()));
      default:
        throw new Error(`nothing is known of ${question.call}`);
    }
  }

  #leaseExists(lease: LeaseId): object {
    if (this.#exists(lease)) return {};
    throw ERRORS.LeaseNotFound.error();
  }

  #exists(lease: LeaseId): boolean {
    return this.#attached.leases().includes(lease);
  }
}

function granted<T>(outcome: AuthOutcome<T>): T {
  if (outcome.kind === 'refused') throw authError(outcome.failure);
  return outcome.value;
}

function permitted(failure: AuthFailure | undefined): object {
  if (failure !== undefined) throw authError(failure);
  return {};
}

function toDomain(question: Question & { readonly call: 'roleGrantPermission' }) {
  const { perm } = question.request;
  return [perm && { type: perm.permType, key: perm.key, rangeEnd: perm.rangeEnd }] as const;
}

function toWirePermission(permission: {
  readonly type: number;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}): unknown {
  return Permission.toJSON({
    permType: permission.type as WirePermission['permType'],
    key: Buffer.from(permission.key),
    rangeEnd: Buffer.from(permission.rangeEnd),
  });
}

function toTxnAccess({ compare, success, failure }: TxnRequest): TxnAccess {
  return {
    compares: compare,
    success: success.map(toOperationAccess),
    failure: failure.map(toOperationAccess),
  };
}

function toOperationAccess({ request }: RequestOp): OperationAccess {
  const { $case, value } = must(request, 'an operation without a request');
  switch ($case) {
    case 'requestRange':
      return { kind: 'range', request: value };
    case 'requestPut':
      return { kind: 'put', request: { ...value, lease: LeaseId(value.lease) } };
    case 'requestDeleteRange':
      return { kind: 'deleteRange', request: value };
    case 'requestTxn':
      return { kind: 'txn', request: toTxnAccess(value) };
  }
}
