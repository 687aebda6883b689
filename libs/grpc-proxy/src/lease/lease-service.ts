import type { KeySpace } from '@etcd-ts/client';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, CallContext, ResponseStream, ServiceClient } from '@etcd-ts/rpc';
import type {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseTimeToLiveResponse,
} from '@etcd-ts/wire-protocol';
import { LeaseDefinition } from '@etcd-ts/wire-protocol';
import { PATH_METADATA } from '../upstream/proxy-path.js';
import type { Upstream } from '../upstream/upstream.js';
import { Renewals } from './renewals.js';

/** Renewals that one client may have waiting; beyond them it is not read. */
const MAX_WAITING_RENEWALS = 1024;

export function leaseService(upstream: Upstream, space: KeySpace): BoundService {
  const calls = upstream.client.service(LeaseDefinition);
  const shared = new SharedRenewals(upstream, calls);
  return bindService(LeaseDefinition, {
    leaseGrant: (request, call) => calls.leaseGrant(request, upstream.optionsFor(call)),
    leaseRevoke: (request, call) => calls.leaseRevoke(request, upstream.optionsFor(call)),
    leaseTimeToLive: async (request, call) =>
      ownKeys(space, await calls.leaseTimeToLive(request, upstream.optionsFor(call))),
    leaseLeases: (request, call) => calls.leaseLeases(request, upstream.optionsFor(call)),
    leaseKeepAlive: (incoming, call, out) => shared.serve(incoming, call, out),
  });
}

/** Leases have no namespace; the keys on them do. */
function ownKeys(space: KeySpace, answer: LeaseTimeToLiveResponse): LeaseTimeToLiveResponse {
  const { prefix } = space;
  const own = answer.keys.filter((key) => key.subarray(0, prefix.length).equals(prefix));
  return { ...answer, keys: own.map((key) => space.inward(key)) };
}

interface Shared {
  readonly renewals: Renewals;
  users: number;
}

/** One stream to the cluster for all clients that come as the same user. */
class SharedRenewals {
  readonly #upstream: Upstream;
  readonly #calls: ServiceClient<LeaseDefinition>;
  readonly #byCaller = new Map<string, Shared>();

  constructor(upstream: Upstream, calls: ServiceClient<LeaseDefinition>) {
    this.#upstream = upstream;
    this.#calls = calls;
  }

  async serve(
    incoming: AsyncIterable<LeaseKeepAliveRequest>,
    call: CallContext,
    out: ResponseStream<LeaseKeepAliveResponse>,
  ): Promise<void> {
    const { shared, release } = this.#use(call);
    const waiting = new Set<Promise<void>>();
    const failing = new AbortController();
    const failed = new Promise<never>((_resolve, reject) => {
      failing.signal.addEventListener('abort', () => reject(failing.signal.reason as Error));
    });
    failed.catch(() => undefined);
    const renew = ({ ID }: LeaseKeepAliveRequest): void => {
      const renewal = shared.renewals.renew(ID).then(
        (answer) => void out.write(answer),
        (error: unknown) => failing.abort(error),
      );
      waiting.add(renewal);
      void renewal.then(() => waiting.delete(renewal));
    };
    const read = async (): Promise<void> => {
      for await (const request of incoming) {
        renew(request);
        if (waiting.size >= MAX_WAITING_RENEWALS) await Promise.race(waiting);
        await out.drained();
      }
      await Promise.all(waiting);
    };
    try {
      await Promise.race([read(), failed]);
    } finally {
      release();
    }
  }

  #use(call: CallContext): { readonly shared: Shared; readonly release: () => void } {
    const caller = this.#upstream.callerOf(call);
    const metadata = this.#upstream.metadataFor(caller, call.metadata.get(PATH_METADATA));
    const id = JSON.stringify([caller.token, caller.requireLeader]);
    const shared = this.#byCaller.get(id) ?? {
      renewals: new Renewals((signal) => this.#calls.leaseKeepAlive({ signal, metadata })),
      users: 0,
    };
    this.#byCaller.set(id, shared);
    shared.users++;
    const release = (): void => {
      if (--shared.users > 0) return;
      this.#byCaller.delete(id);
      shared.renewals.close();
    };
    return { shared, release };
  }
}
