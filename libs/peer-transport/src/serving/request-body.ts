import type { IncomingMessage } from 'node:http';
import { MalformedMessageError } from '@etcd-ts/wire-protocol';
import { ByteQueue } from '../codec/byte-queue.js';
import { EXCEEDS_LIMIT, LENGTH_BYTES, readLength } from '../codec/frame-fields.js';
import { READ_TIMEOUT_MS } from '../limits.js';
import type { Time } from '../silence-timer.js';
import { SilenceTimer } from '../silence-timer.js';

/** A body that ended before what it announced. The texts are those of Go's io package. */
export class ShortBodyError extends Error {
  override readonly name = 'ShortBodyError';
}

/**
 * Takes a body apart in order, as fast as the caller asks for it. A sender that falls silent loses
 * its connection, and the read under way throws.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #queue = new ByteQueue();
  readonly #time: Time;

  constructor(request: IncomingMessage, time: Time) {
    this.#request = request;
    this.#time = time;
    // The connection must survive a body that is refused halfway, to carry the answer.
    const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Undefined at the end of the body. */
  async #next(): Promise<Buffer | undefined> {
    const patience = new SilenceTimer(this.#time, READ_TIMEOUT_MS, () =>
      this.#request.destroy(new Error('i/o timeout')),
    );
    try {
      const { done, value } = await this.#chunks.next();
      return done === true ? undefined : value;
    } finally {
      patience.stop();
    }
  }

  async #take(size: number): Promise<Buffer> {
    while (this.#queue.length < size) {
      const chunk = await this.#next();
      if (chunk === undefined) {
        throw new ShortBodyError(this.#queue.length === 0 ? 'EOF' : 'unexpected EOF');
      }
      this.#queue.push(chunk);
    }
    return this.#queue.take(size);
  }

  /** The bytes of a message with its length before it. */
  async readFrame(maxBytes: number): Promise<Buffer> {
    const length = readLength(await this.#take(LENGTH_BYTES), maxBytes);
    return this.#take(length);
  }

  /** All there is. */
  async readAll(maxBytes: number): Promise<Buffer> {
    for (;;) {
      const chunk = await this.#next();
      if (chunk === undefined) return this.#queue.take(this.#queue.length);
      this.#queue.push(chunk);
      if (this.#queue.length > maxBytes) throw new MalformedMessageError(EXCEEDS_LIMIT);
    }
  }

  /** Nothing more will be asked for: the rest of the body may flow elsewhere. */
  async release(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** What is left, piece by piece. Throws if the body is cut short. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#queue.length > 0) yield this.#queue.take(this.#queue.length);
    for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk;
  }
}
