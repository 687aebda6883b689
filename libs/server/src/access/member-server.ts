import type { AuthStore } from '@etcd-ts/auth';

import type {
  AuthOperations,
  ClusterOperations,
  EtcdServer,
  KeyValueOperations,
  LeaseOperations,
  MaintenanceOperations,
  MemberFacts,
  DirectWriteOperations,
  WatchOperations,
} from '../etcd-server.js';
import { KeyValues } from '../operations/key-values.js';
import type { KeyValuesParts } from '../operations/key-values.js';
import { Leases } from '../operations/leases.js';
import type { LeasesParts } from '../operations/leases.js';
import type { V2Server } from '../v2-server.js';
import { Authentication } from './authentication.js';
import type { AuthenticationParts } from './authentication.js';
import { ClientCaller } from './caller.js';
import type { Caller, CallOrigin } from './caller.js';
import { GuardedCluster } from './guarded-cluster.js';
import { GuardedMaintenance } from './guarded-maintenance.js';
import { permitWatch } from './watch-permission.js';

export interface MemberServerParts {
  readonly auth: AuthStore;
  readonly facts: MemberFacts;
  readonly keyValues: KeyValuesParts;
  readonly directWrites: DirectWriteOperations;
  readonly leases: LeasesParts;
  readonly authentication: AuthenticationParts;
  readonly cluster: ClusterOperations;
  readonly maintenance: MaintenanceOperations;
  readonly v2: V2Server;
  readonly watch: Omit<WatchOperations, 'permit'>;
}

/**
 * A member's operations on somebody's behalf. There is one for each call, so that it is made of
 * nothing but what the call asks for.
 */
export class MemberServer implements EtcdServer {
  readonly #parts: MemberServerParts;
  readonly #caller: Caller;
  readonly #peer: string;

  constructor(parts: MemberServerParts, caller: Caller, peer = '') {
    this.#parts = parts;
    this.#caller = caller;
    this.#peer = peer;
  }

  as(call: CallOrigin): EtcdServer {
    const caller = new ClientCaller(this.#parts.auth, call);
    return new MemberServer(this.#parts, caller, call.peer);
  }

  get facts(): MemberFacts {
    return this.#parts.facts;
  }

  get auth(): AuthOperations {
    const address = this.#peer.replace(/:\d+$/u, '');
    return new Authentication(this.#parts.authentication, this.#caller, address);
  }

  get keyValues(): KeyValueOperations {
    return new KeyValues(this.#parts.keyValues, this.#caller);
  }

  get directWrites(): DirectWriteOperations {
    return this.#parts.directWrites;
  }

  get leases(): LeaseOperations {
    return new Leases(this.#parts.leases, this.#caller);
  }

  get cluster(): ClusterOperations {
    return new GuardedCluster(this.#parts.cluster, this.#parts.auth, this.#caller);
  }

  get maintenance(): MaintenanceOperations {
    return new GuardedMaintenance(this.#parts.maintenance, this.#parts.auth, this.#caller);
  }

  /** Has users of its own (see libs/v2-api). */
  get v2(): V2Server {
    return this.#parts.v2;
  }

  get watch(): WatchOperations {
    const { auth, watch } = this.#parts;
    return {
      ...watch,
      permit: (key, rangeEnd) => permitWatch(auth, this.#caller, key, rangeEnd),
    };
  }
}
