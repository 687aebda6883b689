import type { Http2Stream } from './http2-stream.js';
import { REMEMBERED_RESETS } from './limits.js';

/** The open streams of a connection, and the memory of those we have reset. */
export class StreamTable {
  readonly #open = new Map<number, Http2Stream>();
  /** In the order they were reset. */
  readonly #resets = new Set<number>();
  /** The highest id the peer has used: lower ones that are not open are closed. */
  lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  remove(stream: Http2Stream): void {
    this.#open.delete(stream.id);
  }

  all(): Iterable<Http2Stream> {
    return this.#open.values();
  }

  takeAll(): readonly Http2Stream[] {
    const streams = [...this.#open.values()];
    this.#open.clear();
    return streams;
  }

  /** The peer may have sent frames on it before it hears of the reset: they are no fault. */
  rememberReset(id: number): void {
    this.#resets.add(id);
    if (this.#resets.size <= REMEMBERED_RESETS) return;
    for (const oldest of this.#resets) {
      this.#resets.delete(oldest);
      return;
    }
  }

  wasReset(id: number): boolean {
    return this.#resets.has(id);
  }
}
