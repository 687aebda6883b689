import type { AuthStore } from '@etcd-ts/auth';
import type { Downgrade } from '@etcd-ts/membership';
import { AlarmRequest_AlarmAction } from '@etcd-ts/wire-protocol';
import type { AlarmRequest, AlarmResponse, StatusResponse } from '@etcd-ts/wire-protocol';

import type { HashKvAnswer, MaintenanceOperations } from '../etcd-server.js';
import type { DatabaseContent } from '../transfer/outgoing-snapshot.js';
import { permitAdmin, permitAnyone } from './caller.js';
import type { Caller } from './caller.js';

/** Every user may ask how the member is; what changes it, or reads all of it, administrators may. */
export class GuardedMaintenance implements MaintenanceOperations {
  readonly #maintenance: MaintenanceOperations;
  readonly #auth: AuthStore;
  readonly #caller: Caller;

  constructor(maintenance: MaintenanceOperations, auth: AuthStore, caller: Caller) {
    this.#maintenance = maintenance;
    this.#auth = auth;
    this.#caller = caller;
  }

  /** An action that nobody knows is not a GET. */
  async alarm(request: AlarmRequest): Promise<AlarmResponse> {
    if (request.action === AlarmRequest_AlarmAction.GET) {
      await permitAnyone(this.#auth, this.#caller);
    } else {
      await permitAdmin(this.#auth, this.#caller);
    }
    return this.#maintenance.alarm(request);
  }

  async status(): Promise<StatusResponse> {
    await permitAnyone(this.#auth, this.#caller);
    return this.#maintenance.status();
  }

  async hash(): Promise<number> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#maintenance.hash();
  }

  async hashKv(revision: number): Promise<HashKvAnswer> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#maintenance.hashKv(revision);
  }

  async downgrade(action: 'validate' | 'enable' | 'cancel', version: string): Promise<string> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#maintenance.downgrade(action, version);
  }

  async downgradeInfo(): Promise<Downgrade> {
    await permitAnyone(this.#auth, this.#caller);
    return this.#maintenance.downgradeInfo();
  }

  async snapshot(): Promise<DatabaseContent> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#maintenance.snapshot();
  }

  async defragment(): Promise<void> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#maintenance.defragment();
  }
}
