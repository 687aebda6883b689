import { EMPTY_BYTES, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Rng, Term } from '@etcd-ts/foundation';
import { edgeNumber, pick, randomBytes } from '@etcd-ts/fuzzing';
import { encodeConfChange, parseConfChange } from '../harness/conf-change-codec.js';
import type { Member } from '../harness/member.js';
import type { Message, ProposedEntry } from '../message.js';
import type { ConfState, Entry } from '../types.js';

/**
 * What somebody says to this member, whatever the others think: mostly about terms and indexes
 * near its own, where something is decided, sometimes far from them.
 */
export class RandomSpeaker {
  readonly #rng: Rng;
  readonly #listener: Member;
  readonly #members: readonly MemberId[];
  /** How often a term or an index is far from all that is. */
  readonly #wildness: number;

  /** `members`: all that may be named, members or not. */
  constructor(rng: Rng, listener: Member, members: readonly MemberId[]) {
    this.#rng = rng;
    this.#listener = listener;
    this.#members = members;
    this.#wildness = pick(rng, [0, 0, 0.002, 0.05]);
  }

  message(): Message {
    return this.#rng.below(3) === 0 ? this.#wished() : this.#any();
  }

  /** What lets it go on: votes for a candidate, good news for a leader, entries for a follower. */
  #wished(): Message {
    const { id, raft, disk } = this.#listener;
    const { role } = raft.status();
    const { term, lastIndex, commitIndex } = raft;
    const envelope = { from: pick(this.#rng, this.#members), to: id, term };
    if (role === 'candidate') return { ...envelope, type: 'requestVoteResponse', reject: false };
    if (role === 'preCandidate') {
      const asked = (term + 1) as Term;
      return { ...envelope, term: asked, type: 'requestPreVoteResponse', reject: false };
    }
    if (role === 'leader') {
      const news = { index: lastIndex, reject: false, rejectHint: lastIndex, hintTerm: term };
      return { ...envelope, type: 'appendEntriesResponse', ...news };
    }
    const previousIndex = pick(this.#rng, [lastIndex, commitIndex]);
    const known = disk.term(previousIndex);
    const previousTerm = typeof known === 'number' ? known : term;
    const entries = this.#entries(previousIndex, term);
    const commit = (previousIndex + entries.length) as RaftIndex;
    return { ...envelope, type: 'appendEntries', previousIndex, previousTerm, entries, commit };
  }

  #any(): Message {
    const rng = this.#rng;
    const from = pick(rng, this.#members);
    const envelope = { from, to: this.#listener.id, term: this.#term() };
    switch (rng.below(14)) {
      case 0:
      case 1:
      case 2: {
        const previousIndex = this.#index();
        const entries = this.#entries(previousIndex, envelope.term);
        const previousTerm = this.#termAt(previousIndex);
        const commit = this.#index();
        return { ...envelope, type: 'appendEntries', previousIndex, previousTerm, entries, commit };
      }
      case 3:
      case 4: {
        const [index, rejectHint] = [this.#index(), this.#index()];
        const [reject, hintTerm] = [rng.below(3) === 0, this.#term()];
        return { ...envelope, type: 'appendEntriesResponse', index, reject, rejectHint, hintTerm };
      }
      case 5:
      case 6: {
        const type = pick(rng, ['requestVote', 'requestPreVote'] as const);
        const [lastIndex, lastTerm] = [this.#index(), this.#term()];
        const leadershipTransfer = rng.below(4) === 0;
        return { ...envelope, type, lastIndex, lastTerm, leadershipTransfer };
      }
      case 7:
      case 8: {
        const type = pick(rng, ['requestVoteResponse', 'requestPreVoteResponse'] as const);
        return { ...envelope, type, reject: rng.below(3) === 0 };
      }
      case 9:
        return this.#snapshot(envelope);
      default:
        return this.#other(envelope);
    }
  }

  #other(envelope: { from: MemberId; to: MemberId; term: Term }): Message {
    const rng = this.#rng;
    const context = rng.below(2) === 0 ? EMPTY_BYTES : randomBytes(rng, rng.below(20));
    switch (rng.below(7)) {
      case 0:
        // Never beyond what this member has said that it has.
        return { ...envelope, type: 'heartbeat', commit: this.#committed(), context };
      case 1:
        return { ...envelope, type: 'heartbeatResponse', context };
      case 2:
        return { ...envelope, type: 'transferLeader' };
      case 3:
        return { ...envelope, type: 'timeoutNow' };
      case 4:
        return { ...envelope, type: 'readIndex', context, term: 0 as Term };
      case 5:
        return { ...envelope, type: 'readIndexResponse', index: this.#index(), context };
      default:
        return { ...envelope, type: 'propose', term: 0 as Term, entries: this.#proposed() };
    }
  }

  #snapshot(envelope: { from: MemberId; to: MemberId; term: Term }): Message {
    const confState: ConfState = {
      voters: this.#members.filter(() => this.#rng.below(3) > 0),
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    const metadata = { confState, index: this.#index(), term: this.#term() };
    return { ...envelope, type: 'installSnapshot', snapshot: { data: EMPTY_BYTES, metadata } };
  }

  #entries(after: RaftIndex, upTo: Term): readonly Entry[] {
    let term = this.#termAt(after);
    return Array.from({ length: this.#rng.below(4) }, (_, at) => {
      if (this.#rng.below(3) === 0) term = Math.min(upTo, term + 1) as Term;
      const [entry] = this.#proposed(1);
      return { ...(entry as ProposedEntry), term, index: (after + 1 + at) as RaftIndex };
    });
  }

  #proposed(count = this.#rng.below(3)): readonly ProposedEntry[] {
    return Array.from({ length: count }, () => {
      const rng = this.#rng;
      if (rng.below(4) > 0) return { type: 'normal', data: randomBytes(rng, rng.below(8)) };
      const words = pick(rng, [[], ['v4'], ['r2'], ['l3'], ['v2', 'r3'], ['r1'], ['v1', 'l2']]);
      const transition = pick(rng, ['auto', 'jointImplicit', 'jointExplicit'] as const);
      const data = encodeConfChange(parseConfChange(words, transition));
      return { type: 'confChangeV2', data };
    });
  }

  #term(): Term {
    const { term } = this.#listener.raft;
    const near = Math.max(0, term + pick(this.#rng, [0, 0, 0, 0, 0, 0, -1, 1]));
    return (this.#rng.next() < this.#wildness ? far(this.#rng) : near) as Term;
  }

  #index(): RaftIndex {
    const { lastIndex, commitIndex } = this.#listener.raft;
    const near = Math.max(0, pick(this.#rng, [lastIndex, commitIndex]) - 2 + this.#rng.below(5));
    return (this.#rng.next() < this.#wildness ? far(this.#rng) : near) as RaftIndex;
  }

  #committed(): RaftIndex {
    const { commitIndex } = this.#listener.raft;
    return Math.max(0, commitIndex - this.#rng.below(3)) as RaftIndex;
  }

  /** Mostly as this member has it there, so that more than the first check is tried. */
  #termAt(index: RaftIndex): Term {
    const known = this.#listener.disk.term(index);
    return typeof known === 'number' && this.#rng.below(8) > 0 ? known : this.#term();
  }
}

/** Still one that can be counted on from: the wire has no others. */
function far(rng: Rng): number {
  return Math.min(Math.abs(edgeNumber(rng)), Number.MAX_SAFE_INTEGER - 100);
}

/** Members 1 to 4, of whom the last is none at first, and nobody. */
export const SPEAKERS: readonly MemberId[] = [1n, 2n, 3n, 4n, NO_MEMBER] as MemberId[];
