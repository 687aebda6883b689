import { ConnectionCredit } from './connection-credit.js';
import { ConnectionError, ErrorCode, toConnectionError } from './error-code.js';
import { DataSender, NOTHING } from './data-sender.js';
import { FloodGuard } from './flood-guard.js';
import { FrameDecoder, protocolError, type FrameEvents } from './frame-decoder.js';
import { FrameSplitter } from './frame-splitter.js';
import type { Http2ConnectionParts } from './http2-service.js';
import type { Http2Stream } from './http2-stream.js';
import { MAX_QUEUED_BYTES, MAX_STREAMS, MAX_WINDOW_BYTES } from './limits.js';
import type { OutputBuffer } from './output-buffer.js';
import { RequestHeaders } from './request-headers.js';
import { applySettings, initialPeerSettings, ownSettings } from './settings.js';
import {
  writeGoAway,
  writeHeaderBlock,
  writeLastFrame,
  writePing,
  writeRstStream,
  writeSettingsAck,
  writeWindowUpdate,
} from './control-frames.js';
import { StreamTable } from './stream-table.js';

type Phase = 'open' | 'draining' | 'closed';

/**
 * The server's side of one HTTP/2 connection (RFC 9113) without its socket: bytes come in through
 * `receive`, and what is to be sent is in `out`. Time is an argument. No method throws for what a
 * peer does: a fault of a stream resets the stream, a fault of the connection closes it.
 */
export class Http2Connection<Head> implements FrameEvents {
  readonly out: OutputBuffer;
  readonly #parts: Http2ConnectionParts<Head>;
  readonly #maxStreams: number;
  readonly #decoder = new FrameDecoder(this);
  readonly #splitter = new FrameSplitter(this.#decoder);
  readonly #headers: RequestHeaders<Head>;
  readonly #sender: DataSender;
  readonly #guard: FloodGuard;
  readonly #streams = new StreamTable();
  readonly #peer = initialPeerSettings();
  readonly #credit: ConnectionCredit;
  #phase: Phase = 'open';
  /** Streams above this are ignored: the client has been told that they are not served. */
  #lastServedId = MAX_WINDOW_BYTES;
  #nowMs: number;
  #failure: ConnectionError | undefined;

  constructor(parts: Http2ConnectionParts<Head>) {
    this.#parts = parts;
    this.out = parts.out;
    this.#nowMs = parts.nowMs;
    this.#maxStreams = Math.min(parts.maxConcurrentStreams, MAX_STREAMS);
    this.#headers = new RequestHeaders((fields) => parts.service.readHead(fields));
    this.#sender = new DataSender(parts.out, parts.pings);
    this.#guard = new FloodGuard(parts.nowMs);
    this.out.append(ownSettings(parts.maxConcurrentStreams));
    this.#credit = new ConnectionCredit(parts.out);
  }

  /** Why the connection was closed by us; its GOAWAY is in `out`, and nothing will follow. */
  get failure(): ConnectionError | undefined {
    return this.#failure;
  }

  /** The peer's preface has come. */
  get begun(): boolean {
    return this.#decoder.begun;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** What a new stream may send at first. */
  get initialSendWindow(): number {
    return this.#peer.initialWindowBytes;
  }

  /** Bytes from the peer, in their order. Nobody may write to the chunk afterwards. */
  receive(chunk: Buffer, nowMs: number): void {
    if (this.#phase === 'closed') return;
    this.#nowMs = nowMs;
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The output was taken: there may be room for waiting DATA. */
  resume(): void {
    this.#sender.pump();
  }

  // --- what streams send ---

  sendHeaders(stream: Http2Stream, block: Buffer): void {
    if (stream.closed) return;
    this.#parts.pings.answered = true;
    writeHeaderBlock(this.out, stream.id, block, false);
  }

  /** See DataSender.send. */
  sendData(stream: Http2Stream, a: Uint8Array, b: Uint8Array, c = NOTHING, d = NOTHING): boolean {
    if (stream.closed) return true;
    this.#parts.pings.answered = true;
    this.#guard.sent(b.length + c.length + d.length);
    return this.#sender.send(stream, a, b, c, d);
  }

  /** The end of a stream, without a block if DATA was the last. Only when nothing is queued any more. */
  sendTrailers(stream: Http2Stream, block: Buffer | undefined): void {
    if (stream.closed) return;
    this.answer(stream.id, block, stream.remoteEnded);
    this.#close(stream);
  }

  /** A whole answer in one header block, also for a request that never became a stream. */
  answer(id: number, block: Buffer | undefined, remoteEnded: boolean): void {
    this.#parts.pings.answered = true;
    writeLastFrame(this.out, id, block);
    // Whoever has been answered need not send the rest (RFC 9113, section 8.1).
    if (!remoteEnded) this.#writeReset(id, ErrorCode.NoError);
  }

  resetStream(stream: Http2Stream, code: ErrorCode): void {
    if (stream.closed) return;
    this.#writeReset(stream.id, code);
    this.#close(stream);
  }

  /** Lets the peer send so many bytes more on a stream. */
  widenStream(stream: Http2Stream, bytes: number): void {
    if (stream.closed || stream.remoteEnded) return;
    stream.receiveWindow += bytes;
    writeWindowUpdate(this.out, stream.id, bytes);
  }

  ping(payload: Buffer): void {
    if (this.#phase !== 'closed') writePing(this.out, false, payload, 0);
  }

  // --- the end of a connection ---

  /** "No new streams, please": those that are on their way are still served. */
  announceDrain(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'draining';
    writeGoAway(this.out, MAX_WINDOW_BYTES, ErrorCode.NoError, '');
  }

  /** No stream after those seen by now is served. `drained` is called when the last has ended. */
  finishDrain(): void {
    if (this.#phase !== 'draining' || this.#lastServedId !== MAX_WINDOW_BYTES) return;
    this.#lastServedId = this.#streams.lastId;
    writeGoAway(this.out, this.#lastServedId, ErrorCode.NoError, '');
    if (this.#streams.size === 0) this.#parts.service.drained();
  }

  /** Aborts all streams. Nothing is sent or received any more. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    for (const stream of this.#streams.takeAll()) {
      stream.closed = true;
      this.#sender.forget(stream);
      stream.onAbort();
    }
  }

  #fail(error: unknown): void {
    this.#failure = toConnectionError(error);
    writeGoAway(this.out, this.#streams.lastId, this.#failure.code, this.#failure.message);
    this.close();
  }

  // --- frames, from the decoder ---

  onData(
    id: number,
    endStream: boolean,
    length: number,
    bytes: Buffer,
    from: number,
    to: number,
  ): void {
    this.#credit.spend(length);
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.remoteEnded) {
      this.#onDataAfterEnd(id, stream);
      return;
    }
    if (to === from && !endStream) this.#guard.idleFrame(this.#nowMs);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      this.#abortStream(stream, ErrorCode.FlowControlError);
      return;
    }
    // Set before the content is given out: an answer to it then needs no RST_STREAM.
    stream.remoteEnded = endStream;
    if (to > from) stream.onData(bytes, from, to);
    if (endStream && !stream.closed) stream.onEnd();
    const padding = length - (to - from);
    if (padding > 0) this.widenStream(stream, padding);
  }

  #onDataAfterEnd(id: number, stream: Http2Stream | undefined): void {
    if (id > this.#streams.lastId) return this.#onIdleStream('DATA', id);
    this.#guard.idleFrame(this.#nowMs);
    if (stream !== undefined) this.#abortStream(stream, ErrorCode.StreamClosed);
    else if (!this.#streams.wasReset(id)) this.#writeReset(id, ErrorCode.StreamClosed);
  }

  onHeaderBlock(id: number, endStream: boolean, bytes: Buffer, from: number, to: number): void {
    // Always, whatever becomes of the stream: the next block depends on this one.
    const outcome = this.#headers.read(bytes, from, to);
    if (id <= this.#streams.lastId) {
      this.#onTrailers(id, endStream);
      return;
    }
    if (id % 2 === 0) throw protocolError('a client has odd stream ids');
    if (id > this.#lastServedId) {
      this.#guard.reset(this.#nowMs);
      return;
    }
    this.#streams.lastId = id;
    if (this.#isFull()) {
      this.#refuse(id, ErrorCode.RefusedStream);
    } else if (outcome.kind === 'malformed') {
      this.#refuse(id, ErrorCode.ProtocolError);
    } else if (outcome.kind === 'too large') {
      // grpc-go's code for it.
      this.#refuse(id, ErrorCode.FrameSizeError);
    } else {
      const stream = this.#parts.service.open(id, outcome.head, endStream);
      if (stream === undefined) return;
      this.#streams.add(stream);
      stream.onOpen();
      if (endStream && !stream.closed) stream.onEnd();
    }
  }

  #isFull(): boolean {
    return this.#streams.size >= this.#maxStreams || this.#sender.queuedBytes > MAX_QUEUED_BYTES;
  }

  #onTrailers(id: number, endStream: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (this.#streams.wasReset(id)) return;
      // Its sender cannot know what it does: an id is used once (section 5.1.1).
      throw new ConnectionError(ErrorCode.StreamClosed, `HEADERS on stream ${id}, which is closed`);
    }
    if (stream.remoteEnded) {
      this.#abortStream(stream, ErrorCode.StreamClosed);
    } else if (!endStream) {
      this.#abortStream(stream, ErrorCode.ProtocolError);
    } else {
      // gRPC clients send none, and nobody reads them.
      stream.remoteEnded = true;
      stream.onEnd();
    }
  }

  onRstStream(id: number): void {
    if (id > this.#streams.lastId) return this.#onIdleStream('RST_STREAM', id);
    this.#guard.reset(this.#nowMs);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#close(stream);
    stream.onAbort();
  }

  onSettings(bytes: Buffer, from: number, to: number): void {
    this.#guard.settings(this.#nowMs);
    const { initialWindowBytes, headerTableBytes } = this.#peer;
    applySettings(this.#peer, bytes, from, to);
    writeSettingsAck(this.out);
    if (this.#peer.headerTableBytes !== headerTableBytes) {
      this.#parts.service.headerTableBytes(this.#peer.headerTableBytes);
    }
    const delta = this.#peer.initialWindowBytes - initialWindowBytes;
    if (delta !== 0) this.#sender.changeInitialWindow(this.#streams.all(), delta);
  }

  onPing(bytes: Buffer, from: number): void {
    writePing(this.out, true, bytes, from);
    if (!this.#parts.pings.allows(this.#nowMs, this.#streams.size)) {
      // Clients of grpc-go know this text, and ping half as often afterwards.
      throw new ConnectionError(ErrorCode.EnhanceYourCalm, 'too_many_pings');
    }
  }

  onPingAck(payload: Buffer): void {
    this.#guard.idleFrame(this.#nowMs);
    this.#parts.service.pingAcknowledged(payload);
  }

  onIdleFrame(): void {
    this.#guard.idleFrame(this.#nowMs);
  }

  onWindowUpdate(id: number, increment: number): void {
    this.#guard.idleFrame(this.#nowMs);
    if (id === 0) {
      if (increment === 0) throw protocolError('a window update by 0');
      this.#sender.widenConnection(increment);
      return;
    }
    if (id > this.#streams.lastId) return this.#onIdleStream('WINDOW_UPDATE', id);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (increment === 0) this.#abortStream(stream, ErrorCode.ProtocolError);
    else if (!this.#sender.widen(stream, increment)) {
      this.#abortStream(stream, ErrorCode.FlowControlError);
    }
  }

  /** Streams that came too late for a draining connection are not idle: they were not looked at. */
  #onIdleStream(frame: string, id: number): void {
    if (id <= this.#lastServedId) throw protocolError(`${frame} on stream ${id}, which is idle`);
    this.#guard.idleFrame(this.#nowMs);
  }

  #abortStream(stream: Http2Stream, code: ErrorCode): void {
    this.#guard.reset(this.#nowMs);
    this.resetStream(stream, code);
    stream.onAbort();
  }

  #refuse(id: number, code: ErrorCode): void {
    this.#guard.reset(this.#nowMs);
    this.#writeReset(id, code);
  }

  #writeReset(id: number, code: ErrorCode): void {
    writeRstStream(this.out, id, code);
    this.#streams.rememberReset(id);
  }

  #close(stream: Http2Stream): void {
    stream.closed = true;
    this.#sender.forget(stream);
    this.#streams.remove(stream);
    if (this.#streams.size === 0 && this.#lastServedId !== MAX_WINDOW_BYTES) {
      this.#parts.service.drained();
    }
  }
}
