import { unreachable } from '@etcd-ts/foundation';
import type { Message } from './message.js';
import type { ReadState } from './ready.js';

const NO_MESSAGES: readonly Message[] = [];
const NO_READ_STATES: readonly ReadState[] = [];

/** What has been said since the last Ready, in two queues: see Ready for what separates them. */
export class Outbox {
  #messages: Message[] = [];
  #afterPersist: Message[] = [];
  #readStates: ReadState[] = [];

  send(message: Message, termIsDurable: boolean): void {
    if (termIsDurable && !promisesDurability(message)) this.#messages.push(message);
    else this.#afterPersist.push(message);
  }

  answerRead(state: ReadState): void {
    this.#readStates.push(state);
  }

  isEmpty(): boolean {
    return (
      this.#messages.length === 0 &&
      this.#afterPersist.length === 0 &&
      this.#readStates.length === 0
    );
  }

  takeMessages(): readonly Message[] {
    if (this.#messages.length === 0) return NO_MESSAGES;
    const taken = this.#messages;
    this.#messages = [];
    return taken;
  }

  takeAfterPersist(): readonly Message[] {
    if (this.#afterPersist.length === 0) return NO_MESSAGES;
    const taken = this.#afterPersist;
    this.#afterPersist = [];
    return taken;
  }

  takeReadStates(): readonly ReadState[] {
    if (this.#readStates.length === 0) return NO_READ_STATES;
    const taken = this.#readStates;
    this.#readStates = [];
    return taken;
  }
}

/** Whether the receiver draws conclusions that must survive this member's crash. */
function promisesDurability(message: Message): boolean {
  switch (message.type) {
    // "My log has these entries": the leader counts them for the commit.
    case 'appendEntriesResponse':
      return true;
    // "You have my vote": a second, different vote in this term would make two leaders.
    case 'requestVoteResponse':
    case 'requestPreVoteResponse':
      return true;
    // "My vote in this term is mine, and my log reaches this far": else a candidate that lost both
    // in a crash could run again in the same term and be elected by votes for what it was before.
    case 'requestVote':
      return true;
    case 'requestPreVote':
    case 'appendEntries':
    case 'installSnapshot':
    case 'heartbeat':
    case 'heartbeatResponse':
    case 'transferLeader':
    case 'timeoutNow':
    case 'propose':
    case 'readIndex':
    case 'readIndexResponse':
      return false;
    default:
      return unreachable(message, 'message');
  }
}
