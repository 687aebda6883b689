import { NOBODY } from '@etcd-ts/auth';
import type { AuthStore } from '@etcd-ts/auth';
import type { Passwords, PasswordLogin } from '@etcd-ts/credentials';
import type {
  AuthenticateResponse,
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserGrantRoleRequest,
  AuthUserRevokeRoleRequest,
} from '@etcd-ts/wire-protocol';
import { EtcdError } from '@etcd-ts/wire-protocol';

import { accessFailure } from '../apply/access-check.js';
import { AuthApplier } from '../apply/auth-applier.js';
import type { AuthAnswer } from '../apply/auth-applier.js';
import type { AuthOperations } from '../etcd-server.js';
import { expectKind } from '../operations/key-values.js';
import type { Consensus } from '../operations/consensus.js';
import { raftRequest } from '../raft-request.js';
import { revisionHeader } from '../translate/response-translation.js';
import { permitAdmin, refuse } from './caller.js';
import type { Caller } from './caller.js';

export interface AuthenticationParts {
  readonly auth: AuthStore;
  readonly consensus: Consensus;
  readonly passwords: Passwords;
  readonly login: PasswordLogin;
  readonly currentRevision: () => number;
}

type Payload = Parameters<typeof raftRequest>[1];

/** The Auth API for one caller. */
export class Authentication implements AuthOperations {
  readonly #parts: AuthenticationParts;
  readonly #caller: Caller;
  /** Where the caller is, without a port: whoever guesses passwords is slowed down there. */
  readonly #address: string;

  constructor(parts: AuthenticationParts, caller: Caller, address: string) {
    this.#parts = parts;
    this.#caller = caller;
    this.#address = address;
  }

  enable(): Promise<AuthAnswer> {
    return this.#change({ authEnable: {} });
  }

  disable(): Promise<AuthAnswer> {
    return this.#change({ authDisable: {} });
  }

  status(): Promise<AuthAnswer> {
    return this.#read({ authStatus: {} });
  }

  async authenticate(
    name: string,
    password: string,
    signal: AbortSignal,
  ): Promise<AuthenticateResponse> {
    const attempt = { name, password, address: this.#address, signal };
    const token = await this.#parts.login.authenticate(attempt);
    return { header: revisionHeader(this.#parts.currentRevision()), token };
  }

  /**
   * The log gets the hash alone: never the password, which would be in every file and every dump
   * (CVE-2021-28235), and never a hash of the client's making.
   */
  async userAdd(request: AuthUserAddRequest, signal: AbortSignal): Promise<AuthAnswer> {
    const { password, options } = request;
    const hashedPassword = options?.noPassword === true ? '' : await this.#hash(password, signal);
    return this.#change({ authUserAdd: { ...request, password: '', hashedPassword } });
  }

  /** Without a password nobody logs in with one any more. */
  async userChangePassword(
    { name, password }: AuthUserChangePasswordRequest,
    signal: AbortSignal,
  ): Promise<AuthAnswer> {
    const hashedPassword = password === '' ? '' : await this.#hash(password, signal);
    return this.#change({ authUserChangePassword: { name, password: '', hashedPassword } });
  }

  userGet(name: string): Promise<AuthAnswer> {
    return this.#read({ authUserGet: { name } });
  }

  userList(): Promise<AuthAnswer> {
    return this.#read({ authUserList: {} });
  }

  userDelete(name: string): Promise<AuthAnswer> {
    return this.#change({ authUserDelete: { name } });
  }

  userGrantRole(request: AuthUserGrantRoleRequest): Promise<AuthAnswer> {
    return this.#change({ authUserGrantRole: request });
  }

  userRevokeRole(request: AuthUserRevokeRoleRequest): Promise<AuthAnswer> {
    return this.#change({ authUserRevokeRole: request });
  }

  roleAdd(name: string): Promise<AuthAnswer> {
    return this.#change({ authRoleAdd: { name } });
  }

  roleGet(role: string): Promise<AuthAnswer> {
    return this.#read({ authRoleGet: { role } });
  }

  roleList(): Promise<AuthAnswer> {
    return this.#read({ authRoleList: {} });
  }

  roleDelete(role: string): Promise<AuthAnswer> {
    return this.#change({ authRoleDelete: { role } });
  }

  roleGrantPermission(request: AuthRoleGrantPermissionRequest): Promise<AuthAnswer> {
    return this.#change({ authRoleGrantPermission: request });
  }

  roleRevokePermission(request: AuthRoleRevokePermissionRequest): Promise<AuthAnswer> {
    return this.#change({ authRoleRevokePermission: request });
  }

  /** Whether the caller may is decided where the entry is applied. */
  async #change(payload: Payload): Promise<AuthAnswer> {
    const applied = await this.#parts.consensus.propose(payload, this.#caller);
    return expectKind(applied, 'auth').answer;
  }

  /**
   * etcd sends these through the log as well. What was acknowledged before can be read behind a read
   * index, too; the checks and the answers are those of an entry.
   */
  async #read(payload: Payload): Promise<AuthAnswer> {
    const { auth, consensus, currentRevision } = this.#parts;
    await consensus.linearizable();
    const sender = (await this.#caller.identify()) ?? NOBODY;
    const request = raftRequest(0n, payload, sender);
    refuse(accessFailure(auth, request));
    const outcome = new AuthApplier(auth, currentRevision).apply(request, 0);
    if (outcome?.kind === 'applied') return outcome.answer;
    throw outcome?.error ?? new Error('no question about users or roles');
  }

  /**
   * Hashing takes long, so strangers do not get it: with it they could keep everybody else waiting.
   * This member may not know yet that the caller has become an administrator: then it asks.
   */
  async #hash(password: string, signal: AbortSignal): Promise<string> {
    const { auth, consensus, passwords } = this.#parts;
    try {
      await permitAdmin(auth, this.#caller);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      await consensus.linearizable();
      await permitAdmin(auth, this.#caller);
    }
    return passwords.hashForLog(password, signal);
  }
}
