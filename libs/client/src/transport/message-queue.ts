/**
 * Messages between a stream that brings them and one reader that takes its time. The stream is
 * asked to pause when so many wait, so that a slow reader holds memory for these and no more.
 */
const PAUSE_AT_MESSAGES = 64;

export interface Flow {
  pause(): void;
  resume(): void;
}

interface Waiting<Message> {
  readonly resolve: (result: IteratorResult<Message, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

export class MessageQueue<Message> {
  readonly #messages: Message[] = [];
  #flow: Flow | undefined;
  #isPaused = false;
  #end: { readonly error: unknown } | undefined;
  #waiting: Waiting<Message> | undefined;

  attach(flow: Flow): void {
    this.#flow = flow;
  }

  push(message: Message): void {
    if (this.#end !== undefined) return;
    if (this.#waiting !== undefined) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: message });
      return;
    }
    this.#messages.push(message);
    if (this.#messages.length >= PAUSE_AT_MESSAGES && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow?.pause();
    }
  }

  /** What waits is still read first. `error` undefined: a good end. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(error);
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const message = this.#messages.shift();
    if (message !== undefined) {
      if (this.#isPaused && this.#messages.length === 0) {
        this.#isPaused = false;
        this.#flow?.resume();
      }
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#end !== undefined) {
      const { error } = this.#end;
      if (error !== undefined) return Promise.reject(error as Error);
      return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}
