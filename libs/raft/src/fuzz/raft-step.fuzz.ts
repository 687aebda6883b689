import { assert, SeededRng } from '@etcd-ts/foundation';
import type { RaftIndex, Rng } from '@etcd-ts/foundation';
import { pick } from '@etcd-ts/fuzzing';
import { Cluster, voters } from '../harness/cluster.js';
import type { Member } from '../harness/member.js';
import type { MemoryLog } from '../log/memory-log.js';
import type { Message, MessageType } from '../message.js';
import type { Ready } from '../ready.js';
import type { HardState } from '../types.js';
import { RandomSpeaker, SPEAKERS } from './random-message.js';

const MESSAGES = 150;

/**
 * One member that hears anything from anybody: not a cluster, for that has rules. Whatever it
 * hears, it keeps its own promises: terms, votes and commits go one way, what is committed is never
 * replaced, entries are applied in order, once, and nothing is sent before what it rests on is on
 * disk. A case is a message.
 */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  const cluster = new Cluster();
  const flag = (): boolean => rng.below(2) === 0;
  const options = { checkQuorum: flag(), preVote: flag(), maxInflightMessages: 1 + rng.below(4) };
  const member = cluster.add(1, voters(1, 2, 3), options, rng);
  const speaker = new RandomSpeaker(rng, member, SPEAKERS);
  const promises = new Promises();
  for (let heard = 0; heard < MESSAGES; heard++) {
    member.raft.step(speaker.message());
    something(rng, member, promises);
    promises.check(member);
    cluster.network = [];
  }
  return MESSAGES;
}

function something(rng: Rng, member: Member, promises: Promises): void {
  const { raft } = member;
  switch (rng.below(12)) {
    case 0:
      raft.tick();
      break;
    case 1:
      if (rng.below(4) === 0) raft.campaign();
      break;
    case 2:
      raft.propose([Buffer.from('command')]);
      break;
    case 3:
      raft.readIndex(Buffer.from('read'));
      break;
    case 4:
      raft.reportUnreachable(pick(rng, SPEAKERS));
      raft.reportSnapshot(pick(rng, SPEAKERS), pick(rng, ['finish', 'failure'] as const));
      break;
    case 5:
      if (rng.below(4) > 0) break;
      member.restart();
      promises.restarted(member);
      break;
    default:
      work(rng, member, promises);
  }
}

/** Some of what its owner does, in an order that the contract allows. */
function work(rng: Rng, member: Member, promises: Promises): void {
  for (let steps = rng.below(6); steps > 0; steps--) {
    if (member.raft.hasReady() && rng.below(2) === 0) promises.took(member.takeReady(), member);
    else if (member.unpersisted.length > 0 && rng.below(2) === 0) member.persist();
    else member.apply();
  }
}

/** Plans are no promises, and what is forwarded has no term of its own. */
const MAY_BE_AHEAD: readonly MessageType[] = ['requestPreVote', 'requestPreVoteResponse'];

/** A crash must not be able to take back what was said before the disk had it. */
function checkSentAtOnce(message: Message, disk: MemoryLog): void {
  const durable = disk.initialState().hardState;
  if (!MAY_BE_AHEAD.includes(message.type)) {
    assert(message.term <= durable.term, () => `${message.type} of a term that may be forgotten`);
  }
  if (message.type === 'requestVoteResponse') {
    assert(message.reject || durable.vote === message.to, 'a vote that may be forgotten');
  }
  if (message.type === 'appendEntriesResponse' && !message.reject) {
    assert(message.index <= disk.lastIndex(), 'entries that may be forgotten');
  }
}

/** What one member has said, and may not take back. */
class Promises {
  #hard: HardState | undefined;
  #term = 0;
  #commit = 0;
  /** Of the last entry or snapshot that was handed out to be applied. */
  #handedOut: number | undefined;

  took(ready: Ready, { disk }: Member): void {
    for (const message of ready.messages) checkSentAtOnce(message, disk);
    if (ready.hardState !== undefined) this.#keepsWord(ready.hardState);
    const first = ready.entries[0];
    if (first !== undefined) {
      ready.entries.forEach(({ index }, at) => {
        assert(index === first.index + at, 'entries with a gap between them');
      });
    }
    for (const { index } of ready.committedEntries) {
      const expected = (this.#handedOut ?? index - 1) + 1;
      assert(index === expected, () => `entry ${index} handed out, not ${expected}`);
      this.#handedOut = index;
    }
    if (ready.snapshot !== undefined) this.#handedOut = ready.snapshot.metadata.index;
  }

  #keepsWord(hard: HardState): void {
    const before = this.#hard;
    this.#hard = hard;
    if (before === undefined) return;
    assert(hard.term >= before.term, 'the term went back');
    assert(hard.commit >= before.commit, 'the commit went back');
    if (hard.term !== before.term || before.vote === 0n) return;
    assert(hard.vote === before.vote, 'a second vote in one term');
  }

  check({ raft }: Member): void {
    assert(raft.term >= this.#term, 'the term went back');
    assert(raft.commitIndex >= this.#commit, 'the commit went back');
    assert(raft.commitIndex <= raft.lastIndex, 'committed what it does not have');
    assert(raft.appliedIndex <= raft.commitIndex, 'applied what is not committed');
    this.#term = raft.term;
    this.#commit = raft.commitIndex;
  }

  /** Only what was on disk is left, and what was applied is applied again. */
  restarted({ raft, disk }: Member): void {
    const { hardState } = disk.initialState();
    this.#hard = hardState;
    this.#term = raft.term;
    this.#commit = raft.commitIndex;
    this.#handedOut = raft.appliedIndex as RaftIndex;
  }
}
