import type { AuthInfo } from '@etcd-ts/auth';
import type { Clock, Term } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { ConfChange } from '@etcd-ts/raft';
import { encodeConfChange, ERRORS } from '@etcd-ts/wire-protocol';

import type { Caller } from '../access/caller.js';
import type { Applied } from '../apply/outcome.js';
import { operationName } from '../apply/operation-name.js';
import type { Proposals } from '../proposals.js';
import { encodeRaftRequest, raftRequest } from '../raft-request.js';
import type { RaftRequest } from '../raft-request.js';
import type { ReadQueue } from '../read-queue.js';
import type { RequestIds } from '../request-ids.js';

export interface ConsensusParts {
  readonly proposals: Proposals;
  readonly reads: ReadQueue;
  readonly requestIds: RequestIds;
  /** For what this member proposes on its own account. */
  readonly member: Caller;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  /** --max-request-bytes, of the encoded log entry. */
  readonly maxRequestBytes: number;
  /** Something was queued: let the loop take it in. */
  readonly wake: () => void;
  /** Once true, nothing is accepted any more. */
  readonly stopped: () => boolean;
}

type Payload = Parameters<typeof raftRequest>[1];

/** The two ways into the replicated log: propose a change, or learn what a read must wait for. */
export class Consensus {
  readonly #parts: ConsensusParts;

  constructor(parts: ConsensusParts) {
    this.#parts = parts;
  }

  /**
   * Settles when the request is applied here: durable on a quorum, and its effects readable.
   * After Timeout or Stopped the outcome is unknown: it may still be applied. Without a caller it is
   * the member's own proposal. Never throws: what the caller's token is refused with is a rejection.
   */
  propose(payload: Payload, caller = this.#parts.member, inTerm?: Term): Promise<Applied> {
    let sender: ReturnType<Caller['identify']>;
    try {
      sender = caller.identify();
    } catch (error) {
      return Promise.reject(error as Error);
    }
    if (sender instanceof Promise) {
      return sender.then((info) => this.#propose(payload, info, inTerm));
    }
    return this.#propose(payload, sender, inTerm);
  }

  /** By the leader of `term`, on its own account: rejects with NotLeader if it leads no longer. */
  proposeAsLeader(payload: Payload, term: Term): Promise<Applied> {
    return this.propose(payload, this.#parts.member, term);
  }

  #propose(payload: Payload, sender: AuthInfo | undefined, inTerm?: Term): Promise<Applied> {
    const { proposals, requestIds, clock } = this.#parts;
    if (this.#parts.stopped()) return Promise.reject(ERRORS.Stopped.error());
    const id = requestIds.next();
    const request = raftRequest(id, payload, sender);
    const data = encodeRaftRequest(request);
    if (data.length > this.#parts.maxRequestBytes) {
      return Promise.reject(ERRORS.RequestTooLarge.error());
    }
    const startedMs = clock.monotonicMs();
    const settled = proposals.add(id, request, data, inTerm);
    this.#parts.wake();
    // Not `await`: the frame of an async function is kept for each request in flight.
    return settled.then(
      (outcome) => {
        this.#observe(request, outcome.kind === 'applied', startedMs);
        if (outcome.kind === 'refused') throw outcome.error;
        return outcome.result;
      },
      (error: unknown) => {
        this.#observe(request, false, startedMs);
        throw error;
      },
    );
  }

  #observe(request: RaftRequest, success: boolean, startedMs: number): void {
    const { metrics, clock } = this.#parts;
    metrics.server.request
      .with(operationName(request), success ? 'true' : 'false')
      .observe((clock.monotonicMs() - startedMs) / 1000);
  }

  /** Settles when the change is applied here; rejects as `propose`, and when it proved invalid. */
  async changeMembership(change: ConfChange): Promise<void> {
    this.checkRunning();
    const settled = this.#parts.proposals.addConfChange(change, encodeConfChange(change));
    this.#parts.wake();
    const outcome = await settled;
    if (outcome.kind === 'refused') throw outcome.error;
  }

  /** What a serializable read waits for: nothing, but a member that has failed tells no state. */
  checkRunning(): void {
    if (this.#parts.stopped()) throw ERRORS.Stopped.error();
  }

  /** Resolves when everything acknowledged before this call, by any member, can be read here. */
  linearizable(): Promise<void> {
    if (this.#parts.stopped()) return Promise.reject(ERRORS.Stopped.error());
    const waited = this.#parts.reads.wait();
    this.#parts.wake();
    return waited;
  }
}
