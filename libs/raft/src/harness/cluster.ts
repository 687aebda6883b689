import { EMPTY_BYTES, must } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Rng, Term } from '@etcd-ts/foundation';
import { MemoryLog } from '../log/memory-log.js';
import type { Message } from '../message.js';
import type { ConfState } from '../types.js';
import { DEFAULT_OPTIONS, Member } from './member.js';
import type { MemberOptions } from './member.js';

/** The network and its members; nothing moves unless a test says so. */
export class Cluster {
  readonly members = new Map<MemberId, Member>();
  /** Sent and not delivered, in order of sending. */
  network: Message[] = [];

  /**
   * A member that starts from a snapshot at index 1, term 1 with this membership, so that all share
   * one beginning and nobody's first entry is a membership change.
   */
  add(id: number, confState: ConfState, options: Partial<MemberOptions>, rng: Rng): Member {
    const disk = new MemoryLog();
    if (confState.voters.length > 0) {
      const metadata = { confState, index: 1 as RaftIndex, term: 1 as Term };
      disk.applySnapshot({ data: EMPTY_BYTES, metadata });
      disk.setHardState({ term: 1 as Term, vote: 0n as MemberId, commit: 1 as RaftIndex });
    }
    const merged = { ...DEFAULT_OPTIONS, ...options };
    const member = new Member(memberId(id), disk, merged, rng, (m) => this.network.push(m));
    this.members.set(member.id, member);
    return member;
  }

  member(id: number): Member {
    return must(this.members.get(memberId(id)), () => `no member ${id}`);
  }

  /** Delivers what is for `to` now, in order; `keep` says which messages arrive. */
  deliver(to: Member, arrives: (message: Message) => boolean = () => true): Message[] {
    const mine = this.network.filter((message) => message.to === to.id);
    this.network = this.network.filter((message) => message.to !== to.id);
    const delivered = mine.filter(arrives);
    for (const message of delivered) to.raft.step(message);
    return delivered;
  }

  /** Until nobody has anything to say; `arrives` filters what gets through. */
  stabilize(arrives: (message: Message) => boolean = () => true): void {
    for (let round = 0; round < 1000; round++) {
      for (const member of this.members.values()) member.settle();
      if (this.network.length === 0) return;
      for (const member of this.members.values()) this.deliver(member, arrives);
      this.network = this.network.filter((message) => this.members.has(message.to));
    }
    throw new Error('the cluster does not come to rest');
  }
}

export const memberId = (id: number): MemberId => BigInt(id) as MemberId;

export const voters = (...ids: number[]): ConfState => ({
  voters: ids.map(memberId),
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
});

/** Always draws the shortest election timeout, so that ticks decide who campaigns. */
export const SHORTEST: Rng = { next: () => 0, below: () => 0 };
