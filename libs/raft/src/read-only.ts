import type { MemberId, RaftIndex } from '@etcd-ts/foundation';

/**
 * Read requests a leader holds while it waits for its first commit or for a quorum round. The
 * server batches reads, so one request is one batch: thousands mean that no quorum answers, and
 * then dropping (the server asks again) beats hoarding.
 */
export const MAX_PENDING_READS = 4096;

export interface ReadRequest {
  /** The member that asked: this one, or a follower that forwarded. */
  readonly from: MemberId;
  readonly context: Uint8Array;
}

export interface ConfirmedReads {
  readonly index: RaftIndex;
  readonly requests: readonly ReadRequest[];
}

interface Round {
  readonly number: number;
  readonly index: RaftIndex;
  readonly requests: readonly ReadRequest[];
}

/**
 * Read index of thesis 6.4. Requests gather; a round takes all that have gathered, notes the commit
 * index and asks a quorum by heartbeat whether this is still the leader.
 *
 * A confirmation must be younger than the request it confirms: an answer to a heartbeat sent before
 * the request came says nothing about the time since, in which another leader may have committed
 * writes. So rounds are numbered by this leader and never reuse a number or the requester's own
 * context (a requester that retries with the same one would be served by an answer to its first
 * try); only an answer with a round's number, or a later one, confirms the round. Answers of
 * another term never get here.
 */
export class ReadOnly {
  #gathering: ReadRequest[] = [];
  #rounds: Round[] = [];
  #waiting = 0;
  #lastRound = 0;
  #acknowledged = new Map<MemberId, number>();

  /** False when full: the request is dropped. */
  add(request: ReadRequest): boolean {
    if (this.#waiting >= MAX_PENDING_READS) return false;
    this.#waiting++;
    this.#gathering.push(request);
    return true;
  }

  hasGathered(): boolean {
    return this.#gathering.length > 0;
  }

  /** Starts a round for what has gathered, to be announced in heartbeats from now on. */
  startRound(commit: RaftIndex): void {
    this.#lastRound++;
    this.#rounds.push({ number: this.#lastRound, index: commit, requests: this.#gathering });
    this.#gathering = [];
  }

  /** The newest unconfirmed round; heartbeats repeat it in case the first one was lost. 0: none. */
  get newestRound(): number {
    return this.#rounds.length === 0 ? 0 : this.#lastRound;
  }

  /** A member has answered a heartbeat that named `round`. */
  acknowledge(from: MemberId, round: number): void {
    if (round > this.#lastRound) return;
    const known = this.#acknowledged.get(from) ?? 0;
    if (round > known) this.#acknowledged.set(from, round);
  }

  acknowledgedBy(id: MemberId): number {
    return this.#acknowledged.get(id) ?? 0;
  }

  /** Ends all rounds up to `round`, oldest first. */
  takeConfirmed(round: number): ConfirmedReads[] {
    let count = 0;
    for (const { number, requests } of this.#rounds) {
      if (number > round) break;
      count++;
      this.#waiting -= requests.length;
    }
    return count === 0 ? [] : this.#rounds.splice(0, count);
  }

  /** No longer leader, or leader anew. Numbers go on, so that nothing old can match. */
  reset(): void {
    this.#gathering = [];
    this.#rounds = [];
    this.#waiting = 0;
    this.#acknowledged = new Map();
  }
}

const ROUND_BYTES = 8;

/** The heartbeat context of a round: 8 bytes, big endian, opaque to whoever echoes it. */
export function encodeRound(round: number): Uint8Array {
  const bytes = new Uint8Array(ROUND_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(round / 2 ** 32));
  view.setUint32(4, round >>> 0);
  return bytes;
}

/** 0 for a context that no leader of this kind has sent. */
export function decodeRound(context: Uint8Array): number {
  if (context.length !== ROUND_BYTES) return 0;
  const view = new DataView(context.buffer, context.byteOffset, ROUND_BYTES);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}
