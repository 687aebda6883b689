import { Http2Connection } from '../http2-connection.js';
import type { Http2Service } from '../http2-service.js';
import { Http2Stream } from '../http2-stream.js';
import { indexedField } from '../hpack/literal-field.js';
import { OutputBuffer, SegmentPool } from '../output-buffer.js';
import { PingPolicy } from '../ping-policy.js';
import { FrameReader, GREETING } from './raw-frames.js';

const STATUS_200 = indexedField(8);
const NO_PREFIX = Buffer.alloc(0);

/** Sends back what comes, and ends when the client has. */
class EchoStream extends Http2Stream {
  readonly #echo: EchoConnection;
  ended = false;

  constructor(echo: EchoConnection, id: number, remoteEnded: boolean) {
    super(id, echo.http2.initialSendWindow, remoteEnded);
    this.#echo = echo;
  }

  override onOpen(): void {
    this.#echo.http2.sendHeaders(this, STATUS_200);
  }

  override onData(bytes: Buffer, from: number, to: number): void {
    this.#echo.received += to - from;
    if (this.#echo.silent) return;
    this.#echo.http2.sendData(this, NO_PREFIX, Buffer.from(bytes.subarray(from, to)));
  }

  override onEnd(): void {
    this.ended = true;
    this.onSent();
  }

  override onSent(): void {
    if (this.ended && this.queuedBytes === 0) this.#echo.http2.sendTrailers(this, STATUS_200);
  }

  override onAbort(): void {
    this.#echo.aborted.push(this.id);
  }
}

export interface EchoOptions {
  readonly maxConcurrentStreams?: number;
  readonly greet?: boolean;
  /** Takes everything and answers with headers only. */
  readonly silent?: boolean;
}

/** For specs: a connection without a socket. What is fed in is answered in `take`. */
export class EchoConnection implements Http2Service<number> {
  readonly http2: Http2Connection<number>;
  readonly streams = new Map<number, Http2Stream>();
  readonly aborted: number[] = [];
  readonly silent: boolean;
  readonly frames = new FrameReader();
  heads = 0;
  received = 0;
  wasDrained = false;
  nowMs = 1_000_000;

  constructor({ maxConcurrentStreams = 1_000, greet = true, silent = false }: EchoOptions = {}) {
    this.silent = silent;
    this.http2 = new Http2Connection<number>({
      service: this,
      out: new OutputBuffer(new SegmentPool()),
      pings: new PingPolicy({ minTimeMs: 5_000 }),
      maxConcurrentStreams,
      nowMs: this.nowMs,
    });
    if (!greet) return;
    this.feed(GREETING);
    this.take();
  }

  feed(...bytes: readonly Buffer[]): this {
    this.http2.receive(Buffer.concat(bytes), this.nowMs);
    return this;
  }

  /** What was sent since the last time, as lines; then waiting DATA is let on. */
  take(): readonly string[] {
    return this.frames.describe(this.takeBytes());
  }

  takeBytes(): Buffer {
    const output = this.http2.out.take();
    const bytes = Buffer.concat(output.chunks);
    output.release();
    this.http2.resume();
    return bytes;
  }

  readHead(): number {
    return ++this.heads;
  }

  open(id: number, _head: number, remoteEnded: boolean): Http2Stream {
    const stream = new EchoStream(this, id, remoteEnded);
    this.streams.set(id, stream);
    return stream;
  }

  headerTableBytes(): void {
    // Its blocks use no table.
  }

  pingAcknowledged(): void {
    this.http2.finishDrain();
  }

  drained(): void {
    this.wasDrained = true;
  }
}
