import { must } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { Duplex } from 'node:stream';
import type { HeaderField } from '../http2/hpack/header-field.js';
import { Http2Connection } from '../http2/http2-connection.js';
import type { Http2Service } from '../http2/http2-service.js';
import type { Http2Stream } from '../http2/http2-stream.js';
import { OUTPUT_HIGH_WATER_BYTES } from '../http2/limits.js';
import { OutputBuffer } from '../http2/output-buffer.js';
import type { SegmentPool, TakenOutput } from '../http2/output-buffer.js';
import { PingPolicy } from '../http2/ping-policy.js';
import type { PageHead } from '../page/page-head.js';
import type { PageLink } from '../page/page-link.js';
import { PageStream } from '../page/page-stream.js';
import type { CallContext } from '../service/call-context.js';
import type { CallLink } from './call-link.js';
import { ConnectionWatch } from './connection-watch.js';
import type { DeadlineQueue } from './deadline-queue.js';
import type { FlushRound } from './flush-round.js';
import { peerName } from './peer-name.js';
import type { RequestHead } from './request-head.js';
import { readRequestHead } from './request-head.js';
import { ResponseBlocks } from './response-blocks.js';
import type { ServedMethods } from './served-methods.js';
import { ServerCall } from './server-call.js';

/** What whoever accepted a connection knows of the client. */
export type ClientIdentity = Pick<CallContext, 'peerCertificateCommonName'>;

export interface AcceptedClient extends ClientIdentity {
  /** Connects to the HTTP/1 server that answers what is no call; without it such requests are refused. */
  readonly pages?: () => Duplex;
}

/** What all connections of a server share. */
export interface ConnectionParts {
  readonly methods: ServedMethods;
  readonly deadlines: DeadlineQueue;
  readonly flushes: FlushRound;
  readonly segments: SegmentPool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxReceiveBytes: number;
  readonly maxConcurrentStreams: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  closed(connection: GrpcConnection): void;
}

/**
 * Requests of one connection that are not complete or that no handler has taken, as so many of the
 * largest: a client may begin as many as it likes.
 */
const MAX_HELD_MESSAGES = 128;
/**
 * Pages of one connection under way, long polls mostly. Each is a connection within this process and
 * a dozen objects, some 50 KiB: far more than a gRPC stream, which SETTINGS allow any number of.
 */
const MAX_PAGES = 1_024;
const EMPTY_BODY = [{ name: 'content-length', value: '0' }];
/** The payload of the ping between the two GOAWAYs: eight bytes, told from those of keep-alive. */
const DRAIN_PING = Buffer.from('draining', 'latin1');
const KEEPALIVE_PING = Buffer.alloc(8);
/**
 * What is left to be read when we close would make the system send a reset, which can overtake our
 * last words. So a connection is closed by halves, and entirely after this time.
 */
const LINGER_MS = 1_000;

/** A socket with HTTP/2 on it, and the calls on that: all I/O of a connection. */
export class GrpcConnection implements Http2Service<RequestHead>, CallLink, PageLink {
  readonly peer: string;
  readonly peerCertificateCommonName: string | undefined;
  readonly clock: Clock;
  readonly deadlines: DeadlineQueue;
  readonly maxReceiveBytes: number;
  readonly blocks = new ResponseBlocks();
  readonly http2: Http2Connection<RequestHead>;
  readonly #parts: ConnectionParts;
  readonly #socket: Duplex;
  readonly #watch: ConnectionWatch;
  readonly #pages: (() => Duplex) | undefined;
  #openPages = 0;
  #heldBytes = 0;
  #flushScheduled = false;
  /** One write at a time: what comes meanwhile is gathered and is the next one. */
  #writing = false;
  #paused = false;
  /** Everything has been said: close when it is written. */
  #ending = false;
  #closed = false;

  constructor(socket: Duplex, parts: ConnectionParts, client: AcceptedClient) {
    this.#socket = socket;
    this.#parts = parts;
    this.peer = peerName(socket);
    this.peerCertificateCommonName = client.peerCertificateCommonName;
    this.#pages = client.pages;
    this.clock = parts.clock;
    this.deadlines = parts.deadlines;
    this.maxReceiveBytes = parts.maxReceiveBytes;
    const nowMs = parts.clock.monotonicMs();
    this.#watch = new ConnectionWatch(parts, nowMs);
    this.http2 = new Http2Connection({
      service: this,
      out: new OutputBuffer(parts.segments),
      pings: new PingPolicy({ minTimeMs: parts.keepaliveMinTimeMs }),
      maxConcurrentStreams: parts.maxConcurrentStreams,
      nowMs,
    });
    socket.on('data', this.#onData);
    socket.on('end', () => this.#onEnd());
    // 'close' follows, and is what counts.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
    this.scheduleFlush();
    if (socket.destroyed) this.#onClose();
    else socket.resume();
  }

  // --- the protocol below ---

  readHead(fields: readonly HeaderField[]): RequestHead {
    return readRequestHead(fields);
  }

  open(id: number, head: RequestHead, remoteEnded: boolean): Http2Stream | undefined {
    const { methods } = this.#parts;
    if (head.page !== undefined && this.#pages !== undefined) {
      return this.#openPage(id, head.page, remoteEnded);
    }
    if (head.refusal !== undefined) {
      this.http2.answer(id, this.blocks.refusal(head.refusal), remoteEnded);
      return undefined;
    }
    head.method ??= methods.find(head.path);
    if (head.method === undefined) {
      const block = this.blocks.trailersOnly(head.contentType, methods.unknown(head.path));
      this.http2.answer(id, block, remoteEnded);
      return undefined;
    }
    return new ServerCall(id, head, head.method, remoteEnded, this);
  }

  #openPage(id: number, head: PageHead | 'malformed', remoteEnded: boolean) {
    if (head === 'malformed' || this.#openPages >= MAX_PAGES) {
      const status = head === 'malformed' ? 400 : 503;
      this.http2.answer(id, this.blocks.page(status, EMPTY_BODY), remoteEnded);
      return undefined;
    }
    this.#openPages++;
    return new PageStream(id, head, remoteEnded, this);
  }

  headerTableBytes(bytes: number): void {
    this.blocks.resize(bytes);
  }

  pingAcknowledged(payload: Buffer): void {
    if (payload.equals(DRAIN_PING)) this.http2.finishDrain();
  }

  drained(): void {
    this.#ending = true;
    this.scheduleFlush();
  }

  // --- the calls and pages above ---

  connectPages(): Duplex {
    return must(this.#pages, 'only who has pages opens one')();
  }

  pageEnded(): void {
    this.#openPages--;
  }

  hold(bytes: number): boolean {
    this.#heldBytes += bytes;
    return bytes <= 0 || this.#heldBytes <= MAX_HELD_MESSAGES * this.maxReceiveBytes;
  }

  /**
   * What fills the output does not wait for the end of the turn: the client works while we go on, and
   * a turn with a thousand watchers to tell would fill their streams and turn them into slow readers.
   */
  scheduleFlush(): void {
    if (this.#writing) return;
    if (this.http2.out.length >= OUTPUT_HIGH_WATER_BYTES) this.#write();
    else this.#flushInRound();
  }

  #flushInRound(): void {
    if (this.#flushScheduled || this.#writing) return;
    this.#flushScheduled = true;
    this.#parts.flushes.add(this);
  }

  logFault(method: string, error: unknown): void {
    this.#parts.logger.error('rpc handler failed', { method, error: asError(error) });
  }

  // --- the end ---

  /** Tells the client to go elsewhere; closes when its calls have ended. */
  drain(): void {
    this.http2.announceDrain();
    this.http2.ping(DRAIN_PING);
    this.scheduleFlush();
  }

  /** The client has not answered in time, or need not: no further streams. */
  finishDrain(): void {
    this.http2.finishDrain();
    this.scheduleFlush();
  }

  /** Cancels the calls and closes. */
  destroy(): void {
    this.http2.close();
    this.#socket.destroy();
  }

  /** To be called from time to time: pings who is silent, and closes who is gone. */
  check(nowMs: number): void {
    const verdict = this.#watch.check(nowMs, this.http2.begun);
    if (verdict === 'ping') {
      this.http2.ping(KEEPALIVE_PING);
      this.scheduleFlush();
    } else if (verdict !== 'well') {
      this.#parts.logger.debug('closing a client connection', { peer: this.peer, why: verdict });
      this.destroy();
    }
  }

  // --- the socket ---

  readonly #onData = (chunk: Buffer): void => {
    const nowMs = this.clock.monotonicMs();
    this.#watch.received(nowMs);
    try {
      this.http2.receive(chunk, nowMs);
    } catch (error) {
      // A fault of this program that a client has found: it must not take the others with it.
      this.#parts.logger.error('closing a client connection after a fault', {
        peer: this.peer,
        error: asError(error),
      });
      this.destroy();
      return;
    }
    const { failure } = this.http2;
    if (failure !== undefined && !this.#ending) {
      this.#parts.logger.debug('a client broke the protocol', { peer: this.peer, error: failure });
      this.#ending = true;
    }
    if (this.http2.out.length > 0) this.scheduleFlush();
    if (this.#writing && this.http2.out.length >= OUTPUT_HIGH_WATER_BYTES) {
      this.#paused = true;
      this.#socket.pause();
    }
  };

  /** HTTP/2 has no half-closed connections: whoever ends one has left. */
  #onEnd(): void {
    this.destroy();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.http2.close();
    this.#parts.closed(this);
  }

  /** Writes everything in one go. For the flush round. */
  flush(): void {
    this.#flushScheduled = false;
    if (this.#writing || this.#closed) return;
    if (this.http2.out.length === 0) {
      if (this.#ending) this.#endSocket();
      return;
    }
    this.#write();
  }

  #write(): void {
    if (this.#closed) return;
    this.#writing = true;
    const output = this.http2.out.take();
    this.#watch.writing(this.clock.monotonicMs(), output.bytes);
    let known = false;
    writeAll(this.#socket, output, (error) => {
      if (!known) this.#onWritten(output, error);
    });
    // The system has taken all of it already, but Node says so only after this turn.
    if (this.#socket.writableLength > 0 || this.#socket.destroyed) return;
    known = true;
    this.#onWritten(output, undefined);
  }

  #onWritten(output: TakenOutput, error: Error | null | undefined): void {
    this.#writing = false;
    // Memory that was not written may still be on its way out: then it is left to the collector.
    if (error !== null && error !== undefined) return;
    output.release();
    this.#watch.written();
    this.http2.resume();
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
    if (this.http2.out.length > 0 || this.#ending) this.#flushInRound();
  }

  #endSocket(): void {
    if (this.#socket.writableEnded) return;
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function writeAll(
  socket: Duplex,
  { chunks }: TakenOutput,
  done: (error: Error | null | undefined) => void,
): void {
  const last = chunks.length - 1;
  if (last === 0) {
    socket.write(chunks[0], done);
    return;
  }
  // Corked, all chunks are one writev.
  socket.cork();
  chunks.forEach((chunk, at) => socket.write(chunk, at === last ? done : undefined));
  socket.uncork();
}
