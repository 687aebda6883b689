import { asBuffer } from '@etcd-ts/foundation';
import type { Writable } from 'node:stream';
import { joinPieces } from '../../service/bound-service.js';
import type { ByteSink } from '../../service/bound-service.js';
import type { MethodObserver } from '../../service/observer.js';

/**
 * Bytes written to a stream but not yet taken by HTTP/2 flow control before the stream counts as
 * full: enough to keep a connection busy, little enough that a thousand clients which stopped
 * reading cost 128 MiB and not the node.
 */
export const RESPONSE_BUFFER_BYTES = 128 * 1024;

interface Waiter {
  resolve(): void;
  reject(reason: unknown): void;
}

/** Counts bytes where node's streams of objects count messages, which may be of any size. */
export class ResponseSink implements ByteSink {
  readonly #stream: Writable;
  readonly #observer: MethodObserver;
  readonly #signal: AbortSignal;
  #unsentBytes = 0;
  #waiters: Waiter[] = [];

  constructor(stream: Writable, observer: MethodObserver, signal: AbortSignal) {
    this.#stream = stream;
    this.#observer = observer;
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const waiter of this.#takeWaiters()) waiter.reject(signal.reason);
    });
  }

  write(first: Uint8Array, rest?: Uint8Array, tail?: Uint8Array): boolean {
    if (this.#signal.aborted || this.#stream.writableEnded) return false;
    const bytes = joinPieces(first, rest, tail);
    this.#unsentBytes += bytes.length;
    this.#observer.messageSent(bytes.length);
    this.#stream.write(asBuffer(bytes), () => this.#sent(bytes.length));
    return !this.#isFull();
  }

  drained(): Promise<void> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason as Error);
    if (!this.#isFull()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #isFull(): boolean {
    return this.#unsentBytes >= RESPONSE_BUFFER_BYTES;
  }

  #sent(bytes: number): void {
    this.#unsentBytes -= bytes;
    // Half empty, so that a writer wakes for many messages and not for each.
    if (this.#unsentBytes > RESPONSE_BUFFER_BYTES / 2) return;
    for (const waiter of this.#takeWaiters()) waiter.resolve();
  }

  #takeWaiters(): readonly Waiter[] {
    const waiters = this.#waiters;
    this.#waiters = [];
    return waiters;
  }
}
