import type { EtcdEndpoints } from '@etcd-ts/bootstrap';
import { memberKey, sizeKey } from '@etcd-ts/bootstrap';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import {
  EtcdError,
  GrpcStatus,
  KVDefinition,
  LeaseDefinition,
  LeaseGrantRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import { collectOrphans } from './etcd-orphans.js';
import { EtcdRegistryWatch } from './etcd-registry-watch.js';
import { absent, deletion, put, unchanged } from './etcd-requests.js';
import { readTokenState, revokedKey, tokenPrefix } from './etcd-token-keys.js';
import type { TokenRecord } from './etcd-token-keys.js';
import { decideRegister, decideRemove, memberOf } from './token-state.js';
import type { TokenState } from './token-state.js';
import { StoreUnavailableError } from './token-store.js';
import type {
  ChangeListener,
  CreateOutcome,
  RegisterOutcome,
  RemoveOutcome,
  TokenStore,
} from './token-store.js';

/** Another instance changed the same token meanwhile, that often: it will not go on for ever. */
const MAX_CONFLICTS = 50;
/** Over three seconds: a cluster has elected a new leader by then. */
const MAX_TRIES = 7;
const RETRY_PAUSE_MS = 500;

export interface EtcdStoreOptions {
  readonly endpoints: EtcdEndpoints;
  readonly ttlMs: number;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly onChange: ChangeListener;
}

/**
 * Tokens in an etcd cluster, in the layout of v3 discovery, so that members that speak v3 meet at
 * the same keys. All of a token's keys hang on one lease, which is its time to live. Any number of
 * instances can share the cluster: what one writes the others learn from their watches.
 */
export class EtcdTokenStore implements TokenStore {
  readonly tokenCount = undefined;
  readonly #options: EtcdStoreOptions;
  readonly #watch: EtcdRegistryWatch;

  constructor(options: EtcdStoreOptions) {
    this.#options = options;
    this.#watch = new EtcdRegistryWatch(options);
  }

  create(token: string, size: number): Promise<CreateOutcome> {
    return this.#guarded(async () => {
      const request = LeaseGrantRequest.fromPartial({
        TTL: BigInt(Math.ceil(this.#options.ttlMs / 1000)),
      });
      const { ID: lease } = await this.#options.endpoints.request((connection, options) =>
        connection.service(LeaseDefinition).leaseGrant(request, options),
      );
      // The token is new: whoever repeats this writes the same once more.
      await this.#transact([], [put(sizeKey(token), String(size), lease)]);
      return { kind: 'created' };
    });
  }

  read(token: string): Promise<TokenState | undefined> {
    return this.#guarded(async () => (await this.#record(token))?.state);
  }

  register(token: string, id: string, value: string): Promise<RegisterOutcome> {
    return this.#guarded(async (isRepeated) => {
      for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
        const record = await this.#record(token);
        if (record === undefined) return { kind: 'unknownToken' };
        const { state, lease } = record;
        const decision = decideRegister(state, id);
        const own = memberOf(state, id);
        // After the first try an entry that is there with our value is ours: the answer was lost.
        if ((isRepeated || conflicts > 0) && own?.value === value) {
          return { kind: 'registered', member: own, index: state.index };
        }
        if (decision !== 'register') return { kind: decision, index: state.index };
        const revision = await this.#transact(
          unchanged(tokenPrefix(token), state.index).concat(absent(memberKey(token, id))),
          [put(memberKey(token, id), value, lease)],
        );
        if (revision === undefined) continue;
        return { kind: 'registered', member: { id, value, index: revision }, index: revision };
      }
      throw new StoreUnavailableError('too many members register at once');
    });
  }

  remove(token: string, id: string): Promise<RemoveOutcome> {
    return this.#guarded(async () => {
      for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
        const record = await this.#record(token);
        if (record === undefined) return { kind: 'unknownToken' };
        const { state, lease } = record;
        const decision = decideRemove(state, id);
        const member = memberOf(state, id);
        if (decision === 'sealed') return { kind: 'sealed', index: state.index };
        if (member === undefined) return { kind: 'unknownMember', index: state.index };
        const revision = await this.#transact(unchanged(tokenPrefix(token), state.index), [
          deletion(memberKey(token, id)),
          put(revokedKey(token), '', lease),
        ]);
        if (revision !== undefined) return { kind: 'removed', member, index: revision };
      }
      throw new StoreUnavailableError('too many members register at once');
    });
  }

  probe(): Promise<void> {
    return this.#guarded(async () => {
      // A linearizable read: answered by a quorum, or not at all.
      const request = RangeRequest.fromPartial({ key: Buffer.from(sizeKey('health')) });
      await this.#options.endpoints.request((connection, options) =>
        connection.service(KVDefinition).range(request, options),
      );
    }, 1);
  }

  /** Leases collect the tokens; what members that speak v3 wrote beside them is left over. */
  collect(): Promise<number> {
    return this.#guarded(() => collectOrphans(this.#options.endpoints));
  }

  close(): Promise<void> {
    this.#watch.close();
    this.#options.endpoints.close();
    return Promise.resolve();
  }

  async #record(token: string): Promise<TokenRecord | undefined> {
    const { kvs, revision } = await this.#range(tokenPrefix(token));
    return readTokenState(token, kvs, revision);
  }

  async #range(range: {
    readonly key: Buffer;
    readonly rangeEnd: Buffer;
  }): Promise<{ readonly kvs: readonly KeyValue[]; readonly revision: number }> {
    const request = RangeRequest.fromPartial(range);
    const response = await this.#options.endpoints.request((connection, options) =>
      connection.service(KVDefinition).range(request, options),
    );
    return { kvs: response.kvs, revision: Number(response.header?.revision ?? 0n) };
  }

  /** The revision of the transaction; undefined when a comparison failed. */
  async #transact(
    compare: TxnRequest['compare'],
    success: readonly RequestOp[],
  ): Promise<number | undefined> {
    const request = TxnRequest.fromPartial({ compare, success: [...success] });
    const response = await this.#options.endpoints.request((connection, options) =>
      connection.service(KVDefinition).txn(request, options),
    );
    return response.succeeded ? Number(response.header?.revision ?? 0n) : undefined;
  }

  /**
   * An etcd that has no leader for a moment, or was started anew, is waited for: members of etcd
   * give up when their registration fails. `isRepeated` says that an earlier try may have worked.
   */
  async #guarded<Result>(
    act: (isRepeated: boolean) => Promise<Result>,
    tries = MAX_TRIES,
  ): Promise<Result> {
    for (let tried = 1; ; tried++) {
      try {
        return await act(tried > 1);
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        const { code, message } = error;
        const isAway = code === GrpcStatus.Unavailable || code === GrpcStatus.DeadlineExceeded;
        if (isAway && tried < tries) {
          await new Promise<void>((resolve) => {
            this.#options.scheduler.after(RETRY_PAUSE_MS, resolve);
          });
          continue;
        }
        this.#options.logger.warn('etcd did not answer', { error: message, code });
        throw new StoreUnavailableError(isAway ? 'etcd is not available' : message);
      }
    }
  }
}
