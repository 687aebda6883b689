import { assert } from '@etcd-ts/foundation';
import type { Clock, Revision, Term } from '@etcd-ts/foundation';
import type { ConfChange, ProposeResult } from '@etcd-ts/raft';
import { EtcdError, ERRORS, GrpcStatus } from '@etcd-ts/wire-protocol';

import { applied, refused } from './apply/outcome.js';
import type { ApplyOutcome } from './apply/outcome.js';
import { PlainPutReader, splitId } from './plain-put.js';
import type { SplitId } from './plain-put.js';
import { AwaitedProposal, DirectPut, DirectWrite } from './proposal.js';
import type { Proposal } from './proposal.js';
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

/** Hears how each write that came without a promise went, and how long it took. */
export type DirectObserver = (
  operation: DirectWrite['operation'],
  success: boolean,
  seconds: number,
) => void;

/**
 * What this member has proposed and not yet seen applied. Every proposal is settled exactly once:
 * by its application, its timeout, or the end of the server; whichever comes first wins.
 */
export class Proposals {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #directSettled: DirectObserver;
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

  constructor(clock: Clock, timeoutMs: number, directSettled: DirectObserver = () => undefined) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#directSettled = directSettled;
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
    return new Promise((resolve, reject) => {
      const proposal = new AwaitedProposal(resolve, reject);
      proposal.request = request;
      proposal.inTerm = inTerm;
      this.#wait(proposal, splitId(id), data);
      this.#fresh.push(proposal);
    });
  }

  /** Whether so many bytes more may wait. */
  hasRoom(bytes: number): boolean {
    return this.#pendingBytes + bytes <= MAX_PENDING_PROPOSAL_BYTES;
  }

  /**
   * For which there is room. `data` is what `encodeDirectWrite` has made with this id; where it is no
   * plain put, `request` of the write is what it says.
   */
  addDirect(write: DirectWrite, id: SplitId, data: Uint8Array): void {
    this.#wait(write, id, data);
    this.#fresh.push(write);
  }

  /** A change of membership, by the id in it. */
  addConfChange(change: ConfChange, encoded: Uint8Array): Promise<ApplyOutcome> {
    this.#freshConfChanges.push({ change, encoded });
    return new Promise((resolve, reject) => {
      this.#wait(new AwaitedProposal(resolve, reject), splitId(change.id), encoded);
    });
  }

  #wait(proposal: Proposal, { high, low }: SplitId, data: Uint8Array): void {
    assert(!this.#byId.has(low), 'ids of this member differ in their low halves');
    proposal.high = high;
    proposal.low = low;
    proposal.data = data;
    proposal.startedMs = this.#clock.monotonicMs();
    this.#byId.set(low, proposal);
    if (!(proposal instanceof DirectPut)) this.#byData.set(data, proposal);
    this.#pendingBytes += data.length;
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
    proposal.settled(outcome, this.#tookMs(proposal, outcome.kind === 'applied'));
  }

  /** The same for a plain put: its revision, or what it is refused with. */
  settlePut(id: SplitId, outcome: Revision | EtcdError): void {
    const proposal = this.#find(id);
    if (proposal === undefined) return;
    this.#forget(proposal);
    const success = typeof outcome === 'number';
    const tookMs = this.#tookMs(proposal, success);
    if (!(proposal instanceof DirectPut)) proposal.settled(putOutcome(outcome), tookMs);
    else if (success) proposal.applied(outcome, tookMs);
    else proposal.failed(outcome, tookMs);
  }

  #tookMs(proposal: Proposal, success: boolean): number {
    const tookMs = this.#clock.monotonicMs() - proposal.startedMs;
    if (proposal instanceof DirectWrite) {
      this.#directSettled(proposal.operation, success, tookMs / 1000);
    }
    return tookMs;
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
    proposal.failed(error, this.#tookMs(proposal, false));
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

function putOutcome(outcome: Revision | EtcdError): ApplyOutcome {
  if (typeof outcome !== 'number') return refused(outcome);
  const response = { header: revisionHeader(outcome), prevKv: undefined };
  return applied({ kind: 'put', response });
}
