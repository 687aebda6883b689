import type { Message } from '@etcd-ts/raft';

/** About what a message takes in memory; exact enough for a limit. */
export function messageBytes(message: Message): number {
  const envelope = 128;
  switch (message.type) {
    case 'appendEntries':
    case 'propose': {
      let size = envelope;
      for (const { data } of message.entries) size += 64 + data.length;
      return size;
    }
    case 'installSnapshot':
      return envelope + message.snapshot.data.length;
    default:
      return 'context' in message ? envelope + message.context.length : envelope;
  }
}

/** First in, first out, limited in number and bytes. */
export class MessageQueue {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages: Message[] = [];
  /** Position of the oldest one: shifting an array of thousands for each message would cost more. */
  #head = 0;
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#messages.length - this.#head;
  }

  /** False if it is full. An empty queue takes a message of any size, else that one never goes. */
  push(message: Message): boolean {
    const bytes = messageBytes(message);
    const full = this.length >= this.#maxMessages || this.#bytes + bytes > this.#maxBytes;
    if (full && this.length > 0) return false;
    this.#messages.push(message);
    this.#bytes += bytes;
    return true;
  }

  shift(): Message | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    this.#bytes -= messageBytes(message);
    this.#head++;
    if (this.#head === this.#messages.length || this.#head === this.#maxMessages) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
