import { must } from '@etcd-ts/foundation';
import type { Clock, Term } from '@etcd-ts/foundation';
import type { ConfChange, ProposeResult } from '@etcd-ts/raft';
import { EtcdError, ERRORS, GrpcStatus } from '@etcd-ts/wire-protocol';

import type { ApplyOutcome } from './apply/outcome.js';
import type { RaftRequest } from './raft-request.js';

/**
 * Encoded proposals that may wait for the log at a time. A stalled disk must end in "too many
 * requests", not in a heap that grows until the process dies; 256 MiB is 170 of the largest
 * requests and about a million small ones.
 */
const MAX_PENDING_PROPOSAL_BYTES = 256 * 1024 * 1024;

/** What etcd says of a request that found no leader in all its time: the words of its language. */
const NEVER_PROPOSED = { code: GrpcStatus.DeadlineExceeded, message: 'context deadline exceeded' };

interface Proposal {
  readonly id: bigint;
  readonly data: Uint8Array;
  /** Undefined for a change of membership. */
  readonly request: RaftRequest | undefined;
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** For the leader of this term and nobody else. */
  readonly inTerm: Term | undefined;
  readonly resolve: (outcome: ApplyOutcome) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What this member has proposed and not yet seen applied. Every proposal is settled exactly once:
 * by its application, its timeout, or the end of the server; whichever comes first wins.
 */
export class Proposals {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** In the order of arrival, hence of deadlines. */
  readonly #byId = new Map<bigint, Proposal>();
  /**
   * The entry of a local proposal carries the very bytes that were proposed, so the request need
   * not be decoded again: identity of the array finds it. Equal content is guaranteed, because
   * nobody writes to an array once it has been proposed.
   */
  readonly #byData = new Map<Uint8Array, Proposal>();
  #fresh: Uint8Array[] = [];
  #freshConfChanges: { readonly change: ConfChange; readonly encoded: Uint8Array }[] = [];
  #pendingBytes = 0;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * With `inTerm` it is proposed if this member leads in that term when its turn comes, and refused
   * otherwise: what a leader decides by what only it knows must not reach the log of its successor.
   */
  add(id: bigint, request: RaftRequest, data: Uint8Array, inTerm?: Term): Promise<ApplyOutcome> {
    if (this.#pendingBytes + data.length > MAX_PENDING_PROPOSAL_BYTES) {
      return Promise.reject(ERRORS.RequestTooManyRequests.error());
    }
    this.#fresh.push(data);
    return this.#await(id, request, data, inTerm);
  }

  /** A change of membership, by the id in it. */
  addConfChange(change: ConfChange, encoded: Uint8Array): Promise<ApplyOutcome> {
    this.#freshConfChanges.push({ change, encoded });
    return this.#await(change.id, undefined, encoded);
  }

  #await(
    id: bigint,
    request: RaftRequest | undefined,
    data: Uint8Array,
    inTerm?: Term,
  ): Promise<ApplyOutcome> {
    return new Promise((resolve, reject) => {
      const startedMs = this.#clock.monotonicMs();
      const deadlineMs = startedMs + this.#timeoutMs;
      const proposal = { id, data, request, startedMs, deadlineMs, inTerm, resolve, reject };
      this.#byId.set(id, proposal);
      this.#byData.set(data, proposal);
      this.#pendingBytes += data.length;
    });
  }

  /** Offers changes of membership one by one; what is dropped now is offered again next time. */
  offerConfChanges(offer: (change: ConfChange, encoded: Uint8Array) => ProposeResult): void {
    if (this.#freshConfChanges.length === 0) return;
    this.#freshConfChanges = this.#freshConfChanges.filter(
      ({ change, encoded }) => this.#byId.has(change.id) && offer(change, encoded) === 'dropped',
    );
  }

  /**
   * Everything proposed since the last call: one raft step. What timed out while it waited for a
   * leader is left out: its caller has been told, and need not be surprised by it later. So is,
   * refused, what was meant for another term than the one in which this member `leads`.
   */
  takeFresh(leads: Term | undefined): readonly Uint8Array[] {
    const fresh = this.#fresh;
    if (fresh.length === 0) return fresh;
    this.#fresh = [];
    return fresh.filter((data) => {
      const proposal = this.#byData.get(data);
      if (proposal === undefined) return false;
      if (proposal.inTerm === undefined || proposal.inTerm === leads) return true;
      this.#forget(proposal);
      proposal.reject(ERRORS.NotLeader.error());
      return false;
    });
  }

  /** The request behind these bytes if they were proposed here and nobody gave up on them. */
  requestOf(data: Uint8Array): RaftRequest | undefined {
    return this.#byData.get(data)?.request;
  }

  settle(id: bigint, outcome: ApplyOutcome): void {
    const proposal = this.#byId.get(id);
    if (proposal === undefined) return;
    this.#forget(proposal);
    proposal.resolve(outcome);
  }

  /** Raft did not take these bytes (no leader, too much uncommitted): they will never be applied. How many. */
  drop(data: readonly Uint8Array[], error: () => EtcdError): number {
    let dropped = 0;
    for (const bytes of data) {
      const proposal = this.#byData.get(bytes);
      if (proposal === undefined) continue;
      this.#forget(proposal);
      proposal.reject(error());
      dropped++;
    }
    return dropped;
  }

  /**
   * Gives up on what is overdue. What was proposed may still be applied later: the caller is told
   * "unknown", with the likely reason. What raft never saw, for want of a leader, will not be.
   */
  expire(reason: (startedMs: number) => EtcdError): number {
    const now = this.#clock.monotonicMs();
    const overdue: Proposal[] = [];
    for (const proposal of this.#byId.values()) {
      if (proposal.deadlineMs > now) break;
      overdue.push(proposal);
    }
    if (overdue.length === 0) return 0;
    const unseen = new Set(this.#fresh);
    for (const proposal of overdue) {
      this.#forget(proposal);
      proposal.reject(
        unseen.has(proposal.data) ? new EtcdError(NEVER_PROPOSED) : reason(proposal.startedMs),
      );
    }
    return overdue.length;
  }

  /** Nothing will be applied any more. */
  failAll(error: () => Error): void {
    for (const proposal of [...this.#byId.values()]) {
      this.#forget(proposal);
      proposal.reject(error());
    }
  }

  #forget(proposal: Proposal): void {
    must(this.#byId.get(proposal.id), 'a proposal is settled once');
    this.#byId.delete(proposal.id);
    this.#byData.delete(proposal.data);
    this.#pendingBytes -= proposal.data.length;
  }
}
