import { MAX_WINDOW_BYTES, DEFAULT_MAX_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from './limits.js';
import { OUTPUT_HIGH_WATER_BYTES } from './limits.js';
import { ConnectionError, ErrorCode } from './error-code.js';
import { FRAME_HEADER_BYTES, FrameType, putFrameHeader } from './frame.js';
import type { Http2Stream } from './http2-stream.js';
import type { OutputBuffer } from './output-buffer.js';

export const NOTHING: Uint8Array = new Uint8Array(0);

/** Frames of what every peer must accept: a larger one would only make others wait longer. */
const FRAME_BYTES = DEFAULT_MAX_FRAME_BYTES;

/**
 * DATA frames within the peer's windows and our own high water mark. What cannot be sent now waits
 * on its stream; streams that wait take turns, a frame each.
 */
export class DataSender {
  readonly #out: OutputBuffer;
  #window = DEFAULT_WINDOW_BYTES;
  #waiting: Http2Stream[] = [];
  /** Of `#waiting`, those before this have had their turn. */
  #next = 0;
  #queuedBytes = 0;

  constructor(out: OutputBuffer) {
    this.#out = out;
  }

  /** What waits on all streams together. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * A prefix and a message (in two pieces, of which any may be empty) in one frame if possible; none
   * may change any more. True when all of it is on its way, false when some of it waits.
   */
  send(stream: Http2Stream, prefix: Uint8Array, message: Uint8Array, rest: Uint8Array): boolean {
    const length = prefix.length + message.length + rest.length;
    if (
      stream.queuedBytes === 0 &&
      length <= FRAME_BYTES &&
      length <= stream.sendWindow &&
      length <= this.#window &&
      this.#out.length < OUTPUT_HIGH_WATER_BYTES
    ) {
      this.#frameHeader(stream, length);
      this.#out.append(prefix);
      this.#out.append(message);
      this.#out.append(rest);
      return true;
    }
    this.#enqueue(stream, prefix);
    this.#enqueue(stream, message);
    this.#enqueue(stream, rest);
    this.pump();
    return stream.queuedBytes === 0;
  }

  /** After a window or the output has got more room. */
  pump(): void {
    while (
      this.#next < this.#waiting.length &&
      this.#window > 0 &&
      this.#out.length < OUTPUT_HIGH_WATER_BYTES
    ) {
      const stream = this.#waiting[this.#next++] as Http2Stream;
      stream.scheduled = false;
      if (stream.closed || stream.sendWindow <= 0) continue;
      this.#sendFrame(stream);
      if (stream.queuedBytes > 0) this.#schedule(stream);
      stream.onSent();
    }
    // The front is dropped when it is the larger half: that costs O(1) a turn.
    if (this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  /** Throws a ConnectionError if the window would become too large. */
  widenConnection(bytes: number): void {
    if (this.#window + bytes > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ErrorCode.FlowControlError, 'the connection window is too large');
    }
    this.#window += bytes;
    this.pump();
  }

  /** False if the window would become too large, which is an error of the stream only. */
  widen(stream: Http2Stream, bytes: number): boolean {
    if (stream.sendWindow + bytes > MAX_WINDOW_BYTES) return false;
    stream.sendWindow += bytes;
    if (stream.queuedBytes > 0 && stream.sendWindow > 0) {
      this.#schedule(stream);
      this.pump();
    }
    return true;
  }

  /** Section 6.9.2: the initial window counts for the streams that are open, too. */
  changeInitialWindow(streams: Iterable<Http2Stream>, delta: number): void {
    for (const stream of streams) {
      if (this.widen(stream, delta)) continue;
      throw new ConnectionError(ErrorCode.FlowControlError, 'an initial window too large');
    }
  }

  /** What a closed stream had queued is forgotten. */
  forget(stream: Http2Stream): void {
    if (stream.queuedBytes === 0) return;
    this.#queuedBytes -= stream.queuedBytes;
    stream.queue = [];
    stream.queuedBytes = 0;
  }

  #enqueue(stream: Http2Stream, chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (stream.queuedBytes === 0) {
      stream.queue = [chunk];
      stream.sentOfFirst = 0;
    } else {
      stream.queue.push(chunk);
    }
    stream.queuedBytes += chunk.length;
    this.#queuedBytes += chunk.length;
    this.#schedule(stream);
  }

  #schedule(stream: Http2Stream): void {
    if (stream.scheduled) return;
    stream.scheduled = true;
    this.#waiting.push(stream);
  }

  #sendFrame(stream: Http2Stream): void {
    const length = Math.min(FRAME_BYTES, stream.sendWindow, this.#window, stream.queuedBytes);
    this.#frameHeader(stream, length);
    let left = length;
    let taken = 0;
    while (left > 0) {
      const chunk = stream.queue[taken] as Uint8Array;
      const start = stream.sentOfFirst;
      const end = Math.min(chunk.length, start + left);
      this.#out.append(chunk, start, end);
      left -= end - start;
      stream.sentOfFirst = end;
      if (end < chunk.length) break;
      taken++;
      stream.sentOfFirst = 0;
    }
    if (taken > 0) stream.queue.splice(0, taken);
    stream.queuedBytes -= length;
    this.#queuedBytes -= length;
  }

  #frameHeader(stream: Http2Stream, length: number): void {
    stream.sendWindow -= length;
    this.#window -= length;
    const piece = this.#out.piece(FRAME_HEADER_BYTES);
    if (piece !== undefined) {
      this.#out.advanceTo(
        putFrameHeader(piece, this.#out.at, length, FrameType.Data, 0, stream.id),
      );
      return;
    }
    putFrameHeader(SCRATCH, 0, length, FrameType.Data, 0, stream.id);
    this.#out.append(SCRATCH);
  }
}

const SCRATCH = Buffer.alloc(FRAME_HEADER_BYTES);
