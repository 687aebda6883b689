import { assert, Revision } from '@etcd-ts/foundation';
import type { Clock, Term } from '@etcd-ts/foundation';
import type { ConfChange, ProposeResult } from '@etcd-ts/raft';
import { EtcdError, ERRORS, GrpcStatus } from '@etcd-ts/wire-protocol';

import { applied, refused } from './apply/outcome.js';
import type { Applied, ApplyOutcome } from './apply/outcome.js';
import type { PutOwner } from './etcd-server.js';
import { PlainPutReader, splitId } from './plain-put.js';
import type { SplitId } from './plain-put.js';
import type { RaftRequest } from './raft-request.js';
import { revisionHeader } from './translate/response-translation.js';

/**
 * Encoded proposals that may wait for the log at a time. A stalled disk must end in "too many
 * requests", not in a heap that grows until the process dies; 256 MiB is 170 of the largest
 * requests and about a million small ones.
 */
const MAX_PENDING_PROPOSAL_BYTES = 256 * 1024 * 1024;

/** What etcd says of a request that found no leader in all its time: the words of its language. */
const NEVER_PROPOSED = { code: GrpcStatus.DeadlineExceeded, message: 'context deadline exceeded' };

interface ProposalOwner {
  applied(outcome: ApplyOutcome): void;
  failed(error: Error): void;
}

interface Proposal extends SplitId {
  readonly data: Uint8Array;
  /** Undefined for a change of membership and a plain put. */
  readonly request: RaftRequest | undefined;
  readonly startedMs: number;
  /** For the leader of this term and nobody else. */
  readonly inTerm: Term | undefined;
  /** The one or the other. */
  readonly owner: ProposalOwner | undefined;
  readonly putOwner: PutOwner | undefined;
  isSettled: boolean;
}

/**
 * What this member has proposed and not yet seen applied. Every proposal is settled exactly once:
 * by its application, its timeout, or the end of the server; whichever comes first wins.
 */
export class Proposals {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #plainPutSettled: (success: boolean, seconds: number) => void;
  /**
   * By the low half of their ids, which no two of this member share while they wait; in the order of
   * arrival, hence of deadlines.
   */
  readonly #byId = new Map<number, Proposal>();
  /**
   * The entry of a local proposal carries the very bytes that were proposed, so the request need
   * not be decoded again: identity of the array finds it. Equal content is guaranteed, because
   * nobody writes to an array once it has been proposed. Plain puts are read from their bytes.
   */
  readonly #byData = new Map<Uint8Array, Proposal>();
  readonly #putReader = new PlainPutReader();
  #fresh: Proposal[] = [];
  #freshConfChanges: { readonly change: ConfChange; readonly encoded: Uint8Array }[] = [];
  #pendingBytes = 0;

  /** `plainPutSettled` hears how each of them went, and how long it took. */
  constructor(
    clock: Clock,
    timeoutMs: number,
    plainPutSettled: (success: boolean, seconds: number) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#plainPutSettled = plainPutSettled;
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * With `inTerm` it is proposed if this member leads in that term when its turn comes, and refused
   * otherwise: what a leader decides by what only it knows must not reach the log of its successor.
   */
  add(id: bigint, request: RaftRequest, data: Uint8Array, inTerm?: Term): Promise<ApplyOutcome> {
    if (!this.hasRoom(data.length)) return Promise.reject(ERRORS.RequestTooManyRequests.error());
    return new Promise((applied, failed) => {
      this.#fresh.push(this.#wait(splitId(id), data, request, inTerm, { applied, failed }));
    });
  }

  /** Whether so many bytes more may wait. */
  hasRoom(bytes: number): boolean {
    return this.#pendingBytes + bytes <= MAX_PENDING_PROPOSAL_BYTES;
  }

  /** For which there is room. `data` is what `encodePlainPut` has made with this id. */
  addPlainPut(id: SplitId, data: Uint8Array, owner: PutOwner): void {
    this.#fresh.push(this.#wait(id, data, undefined, undefined, undefined, owner));
  }

  /** A change of membership, by the id in it. */
  addConfChange(change: ConfChange, encoded: Uint8Array): Promise<ApplyOutcome> {
    this.#freshConfChanges.push({ change, encoded });
    return new Promise((applied, failed) => {
      this.#wait(splitId(change.id), encoded, undefined, undefined, { applied, failed });
    });
  }

  #wait(
    { high, low }: SplitId,
    data: Uint8Array,
    request: RaftRequest | undefined,
    inTerm: Term | undefined,
    owner: ProposalOwner | undefined,
    putOwner?: PutOwner,
  ): Proposal {
    const startedMs = this.#clock.monotonicMs();
    const proposal: Proposal = {
      high,
      low,
      data,
      request,
      startedMs,
      inTerm,
      owner,
      putOwner,
      isSettled: false,
    };
    assert(!this.#byId.has(low), 'ids of this member differ in their low halves');
    this.#byId.set(low, proposal);
    if (putOwner === undefined) this.#byData.set(data, proposal);
    this.#pendingBytes += data.length;
    return proposal;
  }

  /** Offers changes of membership one by one; what is dropped now is offered again next time. */
  offerConfChanges(offer: (change: ConfChange, encoded: Uint8Array) => ProposeResult): void {
    if (this.#freshConfChanges.length === 0) return;
    this.#freshConfChanges = this.#freshConfChanges.filter(
      ({ change, encoded }) =>
        this.#find(splitId(change.id)) !== undefined && offer(change, encoded) === 'dropped',
    );
  }

  /**
   * Everything proposed since the last call: one raft step. What timed out while it waited for a
   * leader is left out: its caller has been told, and need not be surprised by it later. So is,
   * refused, what was meant for another term than the one in which this member `leads`.
   */
  takeFresh(leads: Term | undefined): readonly Uint8Array[] {
    if (this.#fresh.length === 0) return NOTHING;
    const data: Uint8Array[] = [];
    for (const proposal of this.#fresh) {
      if (proposal.isSettled) continue;
      if (proposal.inTerm === undefined || proposal.inTerm === leads) data.push(proposal.data);
      else this.#fail(proposal, ERRORS.NotLeader.error());
    }
    this.#fresh = [];
    return data;
  }

  /** The request behind these bytes if they were proposed here and nobody gave up on them. */
  requestOf(data: Uint8Array): RaftRequest | undefined {
    return this.#byData.get(data)?.request;
  }

  settle(id: bigint, outcome: ApplyOutcome): void {
    const proposal = this.#find(splitId(id));
    if (proposal === undefined) return;
    this.#forget(proposal);
    if (proposal.owner !== undefined) proposal.owner.applied(outcome);
    else if (outcome.kind === 'refused') this.#putFailed(proposal, outcome.error);
    else this.#putApplied(proposal, revisionOf(outcome.result));
  }

  /** The same for a plain put: its revision, or what it is refused with. */
  settlePut(id: SplitId, outcome: Revision | EtcdError): void {
    const proposal = this.#find(id);
    if (proposal === undefined) return;
    this.#forget(proposal);
    if (proposal.owner !== undefined) proposal.owner.applied(putOutcome(outcome));
    else if (typeof outcome === 'number') this.#putApplied(proposal, outcome);
    else this.#putFailed(proposal, outcome);
  }

  #putApplied({ putOwner, startedMs }: Proposal, revision: Revision): void {
    this.#plainPutSettled(true, (this.#clock.monotonicMs() - startedMs) / 1000);
    putOwner?.applied(revision);
  }

  #putFailed({ putOwner, startedMs }: Proposal, error: Error): void {
    this.#plainPutSettled(false, (this.#clock.monotonicMs() - startedMs) / 1000);
    putOwner?.failed(error);
  }

  /** Raft did not take these bytes (no leader, too much uncommitted): they will never be applied. How many. */
  drop(data: readonly Uint8Array[], error: () => EtcdError): number {
    let dropped = 0;
    for (const bytes of data) {
      const proposal = this.#byData.get(bytes) ?? this.#plainPutOf(bytes);
      if (proposal === undefined) continue;
      this.#fail(proposal, error());
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
      if (proposal.startedMs + this.#timeoutMs > now) break;
      overdue.push(proposal);
    }
    if (overdue.length === 0) return 0;
    const unseen = new Set(this.#fresh);
    for (const proposal of overdue) {
      const isUnseen = unseen.has(proposal);
      this.#fail(proposal, isUnseen ? new EtcdError(NEVER_PROPOSED) : reason(proposal.startedMs));
    }
    return overdue.length;
  }

  /** Nothing will be applied any more. */
  failAll(error: () => Error): void {
    for (const proposal of [...this.#byId.values()]) this.#fail(proposal, error());
  }

  #find({ high, low }: SplitId): Proposal | undefined {
    const proposal = this.#byId.get(low);
    // Other members' requests are applied here, too: their ids differ in the high half.
    return proposal?.high === high ? proposal : undefined;
  }

  #plainPutOf(data: Uint8Array): Proposal | undefined {
    return this.#putReader.readId(data) ? this.#find(this.#putReader) : undefined;
  }

  #fail(proposal: Proposal, error: Error): void {
    this.#forget(proposal);
    if (proposal.owner !== undefined) proposal.owner.failed(error);
    else this.#putFailed(proposal, error);
  }

  #forget(proposal: Proposal): void {
    assert(this.#byId.get(proposal.low) === proposal, 'a proposal is settled once');
    proposal.isSettled = true;
    this.#byId.delete(proposal.low);
    this.#byData.delete(proposal.data);
    this.#pendingBytes -= proposal.data.length;
  }
}

const NOTHING: readonly Uint8Array[] = [];

/** A plain put is applied as any other where the plain way is not open: with users, for instance. */
function revisionOf(result: Applied): Revision {
  assert(result.kind === 'put', () => `applied ${result.kind} where put was proposed`);
  return Revision(Number(result.response.header?.revision ?? 0n));
}

function putOutcome(outcome: Revision | EtcdError): ApplyOutcome {
  if (typeof outcome !== 'number') return refused(outcome);
  const response = { header: revisionHeader(outcome), prevKv: undefined };
  return applied({ kind: 'put', response });
}
