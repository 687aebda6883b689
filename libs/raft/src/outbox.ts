import { unreachable } from '@etcd-ts/foundation';
import type { Message } from './message.js';
import type { ReadState } from './ready.js';

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

  take(): { messages: Message[]; messagesAfterPersist: Message[]; readStates: ReadState[] } {
    const taken = {
      messages: this.#messages,
      messagesAfterPersist: this.#afterPersist,
      readStates: this.#readStates,
    };
    this.#messages = [];
    this.#afterPersist = [];
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
