import { MAX_WINDOW_BYTES, DEFAULT_MAX_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from './limits.js';
import { OUTPUT_HIGH_WATER_BYTES } from './limits.js';
import { ConnectionError, ErrorCode } from './error-code.js';
import { FRAME_HEADER_BYTES, FrameType, putFrameHeader, putFrameLength } from './frame.js';
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
  readonly #pings: { answered: boolean };
  #window = DEFAULT_WINDOW_BYTES;
  #waiting: Http2Stream[] = [];
  /** Of `#waiting`, those before this have had their turn. */
  #next = 0;
  #queuedBytes = 0;
  readonly #open: OpenFrame = { header: NO_HEADER, at: 0, length: 0, stream: 0, end: -1, takes: 0 };

  constructor(out: OutputBuffer, pings: { answered: boolean }) {
    this.#out = out;
    this.#pings = pings;
  }

  /** What waits on all streams together. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Four pieces one behind the other, in one frame if possible; any may be empty, and none may
   * change any more. True when all of it is on its way, false when some of it waits.
   */
  send(stream: Http2Stream, a: Uint8Array, b: Uint8Array, c: Uint8Array, d: Uint8Array): boolean {
    const length = a.length + b.length + c.length + d.length;
    if (
      stream.queuedBytes === 0 &&
      length <= FRAME_BYTES &&
      length <= stream.sendWindow &&
      length <= this.#window &&
      this.#out.length < OUTPUT_HIGH_WATER_BYTES
    ) {
      if (!this.#extendFrame(stream, length)) this.#frameHeader(stream, length);
      this.#out.appendAll(length, a, b, c, d);
      this.#open.end = this.#out.length;
      return true;
    }
    this.#enqueue(stream, a);
    this.#enqueue(stream, b);
    this.#enqueue(stream, c);
    this.#enqueue(stream, d);
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
    // A large message is handed over once and sent for a while; grpc-go pings all that while.
    this.#pings.answered = true;
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
    const out = this.#out;
    const piece = out.piece(FRAME_HEADER_BYTES);
    if (piece === undefined) {
      putFrameHeader(SCRATCH, 0, length, FrameType.Data, 0, stream.id);
      out.append(SCRATCH);
    } else {
      const { at } = out;
      out.advanceTo(putFrameHeader(piece, at, length, FrameType.Data, 0, stream.id));
      this.#open.at = at;
    }
    // Without a header in one piece no stream's: ids begin at 1.
    this.#open.stream = piece === undefined ? 0 : stream.id;
    this.#open.header = piece ?? NO_HEADER;
    this.#open.length = length;
    this.#open.takes = out.takes;
    // Only whoever knows what is written behind the header may say that it can become longer.
    this.#open.end = -1;
  }

  /**
   * Makes the frame that was written last longer by what follows, if it is the stream's, nothing was
   * written behind it and it is still here: a frame for each of many small messages is most of what
   * they cost both sides. False: it takes a frame of its own.
   */
  #extendFrame(stream: Http2Stream, length: number): boolean {
    const open = this.#open;
    if (
      open.stream !== stream.id ||
      open.length + length > FRAME_BYTES ||
      // Taken output is on its way to the socket, and its memory is then somebody else's.
      open.takes !== this.#out.takes ||
      open.end !== this.#out.length
    ) {
      return false;
    }
    stream.sendWindow -= length;
    this.#window -= length;
    open.length += length;
    putFrameLength(open.header, open.at, open.length);
    return true;
  }
}

/** The DATA frame written last, as long as it may become longer. */
interface OpenFrame {
  header: Buffer;
  at: number;
  /** Of its content. */
  length: number;
  /** Whose; 0: nobody's. */
  stream: number;
  /** The length of the output with it, and how often it had been taken before. */
  end: number;
  takes: number;
}

const NO_HEADER = Buffer.alloc(0);
const SCRATCH = Buffer.alloc(FRAME_HEADER_BYTES);
