import type { EtcdError } from '@etcd-ts/wire-protocol';
import { GrpcStatus } from '@etcd-ts/wire-protocol';
import { ErrorCode } from '../http2/error-code.js';
import { Http2Stream } from '../http2/http2-stream.js';
import { joinPieces } from '../service/bound-service.js';
import type { ByteSink } from '../service/bound-service.js';
import type { MethodObserver } from '../service/observer.js';
import type { CallLink } from './call-link.js';
import { deflateMessage } from './message-encoding.js';
import { prefixOf } from './message-prefix.js';
import type { RequestHead } from './request-head.js';
import type { CallStatus } from './status-message.js';

/**
 * Bytes written to a stream but not yet taken by HTTP/2 flow control before the stream counts as
 * full: enough to keep a connection busy, little enough that a thousand clients which stopped
 * reading cost 128 MiB and not the node.
 */
export const RESPONSE_BUFFER_BYTES = 128 * 1024;

const NOTHING = new Uint8Array(0);

interface Waiter {
  resolve(): void;
  reject(reason: unknown): void;
}

export const OK: CallStatus = { code: GrpcStatus.OK, message: '' };

/** The answering half of a call: headers, messages and a status, in this order. */
export abstract class AnswerStream extends Http2Stream implements ByteSink {
  protected readonly link: CallLink;
  protected readonly head: RequestHead;
  protected readonly observer: MethodObserver;
  #headersSent = false;
  /** What the call ends with, once what is queued has been sent. The first counts. */
  #status: CallStatus | undefined;
  /** Why nobody waits for the answer any more. */
  #abortReason: EtcdError | undefined;
  #waiters: Waiter[] | undefined;

  constructor(
    id: number,
    remoteEnded: boolean,
    head: RequestHead,
    observer: MethodObserver,
    link: CallLink,
  ) {
    super(id, link.http2.initialSendWindow, remoteEnded);
    this.head = head;
    this.observer = observer;
    this.link = link;
  }

  /** Nothing that comes from the client or the handler matters any more. */
  protected get over(): boolean {
    return this.#status !== undefined;
  }

  protected get abortReason(): EtcdError | undefined {
    return this.#abortReason;
  }

  /** See ByteSink. The bytes are kept until they are sent, and must not change. */
  write(bytes: Uint8Array, rest: Uint8Array = NOTHING, tail: Uint8Array = NOTHING): boolean {
    if (this.closed || this.#status !== undefined) return false;
    const length = bytes.length + rest.length + tail.length;
    this.observer.messageSent(length);
    // As grpc-go: an answer is compressed as its request was.
    const gzip = this.head.encoding === 'gzip' && this.head.acceptsGzip;
    const { http2, blocks } = this.link;
    if (!this.#headersSent) {
      this.#headersSent = true;
      http2.sendHeaders(this, blocks.headers(this.head.contentType, gzip));
    }
    const deflated = gzip ? deflateMessage(joinPieces(bytes, rest, tail)) : undefined;
    if (deflated !== undefined) {
      http2.sendData(this, prefixOf(deflated.length, true), deflated);
    } else {
      http2.sendData(this, prefixOf(length, false), bytes, rest, tail);
    }
    this.link.scheduleFlush();
    return this.queuedBytes < RESPONSE_BUFFER_BYTES;
  }

  drained(): Promise<void> {
    if (this.#abortReason !== undefined) return Promise.reject(this.#abortReason);
    if (this.queuedBytes < RESPONSE_BUFFER_BYTES) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters ??= [];
      this.#waiters.push({ resolve, reject });
    });
  }

  override onSent(): void {
    if (this.#status !== undefined) {
      if (this.queuedBytes === 0) this.#sendStatus(this.#status);
      return;
    }
    // Half empty, so that a writer wakes for many messages and not for each.
    if (this.#waiters === undefined || this.queuedBytes > RESPONSE_BUFFER_BYTES / 2) return;
    for (const waiter of this.#takeWaiters()) waiter.resolve();
  }

  protected end(status: CallStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    if (this.closed) return;
    if (this.queuedBytes === 0) this.#sendStatus(status);
    this.link.scheduleFlush();
  }

  /**
   * Ends with the reason, without waiting for a client that does not read: if part of a message is
   * still queued no status can be sent, and the stream is reset.
   */
  protected endNow(reason: EtcdError): void {
    if (this.queuedBytes === 0) {
      this.end(reason);
      return;
    }
    this.#status = reason;
    this.link.http2.resetStream(this, ErrorCode.Cancel);
    this.link.scheduleFlush();
  }

  /** The stream is closed, and nothing can be said. */
  protected abandon(reason: EtcdError): void {
    this.#status ??= reason;
  }

  protected rejectWaiters(reason: EtcdError): void {
    this.#abortReason = reason;
    for (const waiter of this.#takeWaiters()) waiter.reject(reason);
  }

  #takeWaiters(): readonly Waiter[] {
    const waiters = this.#waiters ?? [];
    this.#waiters = undefined;
    return waiters;
  }

  #sendStatus(status: CallStatus): void {
    const { blocks, http2 } = this.link;
    if (!this.#headersSent) {
      http2.sendTrailers(this, blocks.trailersOnly(this.head.contentType, status));
    } else {
      http2.sendTrailers(this, status === OK ? blocks.trailers() : blocks.failure(status));
    }
  }
}
