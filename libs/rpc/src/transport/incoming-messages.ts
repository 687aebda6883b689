/** A message as it came, before it is inflated. */
export interface ReceivedMessage {
  readonly bytes: Uint8Array;
  readonly flag: number;
}

type Ending = { readonly kind: 'end' } | { readonly kind: 'failure'; readonly reason: unknown };

interface Reader {
  resolve(result: IteratorResult<Uint8Array, void>): void;
  reject(reason: unknown): void;
}

/** The handler takes a message: its bytes no longer wait. What it throws the handler gets. */
type Take = (message: ReceivedMessage) => Uint8Array | Promise<Uint8Array>;

/**
 * The requests of a bidirectional call, for one reader. What waits here is bounded by the stream's
 * window, which is widened only as the reader takes messages.
 */
export class IncomingMessages implements AsyncIterableIterator<Uint8Array> {
  readonly #take: Take;
  #waiting: ReceivedMessage[] = [];
  #ending: Ending | undefined;
  #reader: Reader | undefined;
  #abandoned = false;

  constructor(take: Take) {
    this.#take = take;
  }

  push(message: ReceivedMessage): void {
    if (this.#ending !== undefined) return;
    const reader = this.#takeReader();
    if (reader !== undefined) this.#deliver(message, reader);
    else if (this.#abandoned) this.#drop(message);
    else this.#waiting.push(message);
  }

  /**
   * No more will come; those that wait are still read. A turn later, because clients that cancel (on
   * node's http2) end their stream before they reset it: without the turn, a handler whose client
   * vanished would go on to do what only a client that has finished wants.
   */
  end(): void {
    setImmediate(() => {
      if (this.#ending !== undefined) return;
      this.#ending = { kind: 'end' };
      this.#takeReader()?.resolve(DONE);
    });
  }

  /** At once: what waits is dropped. */
  fail(reason: unknown): void {
    this.#ending = { kind: 'failure', reason };
    this.#waiting = [];
    this.#takeReader()?.reject(reason);
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    return new Promise((resolve, reject) => {
      const message = this.#waiting.shift();
      if (message !== undefined) this.#deliver(message, { resolve, reject });
      else if (this.#ending === undefined) this.#reader = { resolve, reject };
      else if (this.#ending.kind === 'end') resolve(DONE);
      else reject(this.#ending.reason as Error);
    });
  }

  /** The handler reads no more, and may still write: its client is not held up. */
  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#abandoned = true;
    for (const message of this.#waiting) this.#drop(message);
    this.#waiting = [];
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeReader(): Reader | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  /** Taken as if it had been read, or its sender's window would close; but not looked at. */
  #drop({ bytes }: ReceivedMessage): void {
    void this.#take({ bytes, flag: 0 });
  }

  #deliver(message: ReceivedMessage, reader: Reader): void {
    try {
      const opened = this.#take(message);
      if (opened instanceof Promise) {
        opened.then((value) => reader.resolve({ done: false, value }), reader.reject);
      } else {
        reader.resolve({ done: false, value: opened });
      }
    } catch (error) {
      reader.reject(error);
    }
  }
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };
