import { writeSync } from 'node:fs';

/** Where encoded lines go. No method throws: a log must never take the node down. */
export interface LogSink {
  /** Takes one whole line. Written when this returns, unless the output is not taking any. */
  write(line: string): void;
  /** Tries, for a bounded time, to get out what the output has not taken so far. */
  flush(): void;
  close(): void;
}

/** What waits in memory for a slow pipe; beyond it lines are dropped and counted. */
export const MAX_PENDING_LOG_BYTES = 1024 * 1024;
/** How long `flush` waits for a pipe nobody reads: the last words of a dying node, no more. */
const FLUSH_LIMIT_MS = 1000;
const FLUSH_STEP_MS = 5;
/** When a full pipe is tried again without a new line to push it. */
const RETRY_INTERVAL_MS = 100;

/** Writes a part of the bytes and returns how many; throws what the system answers. */
export type DescriptorWriter = (bytes: Uint8Array) => number;

/** Announces a gap, so that a reader of the log does not take it for silence. */
export type DroppedLinesNotice = (count: number) => string;

/**
 * Lines onto a file descriptor, synchronously: a line about a danger is useless if it is still in
 * a buffer when the danger strikes. A non-blocking pipe which is full answers EAGAIN; its lines
 * wait in memory. Any other answer (ENOSPC, EPIPE, EIO) costs the line, is counted, and the count
 * is written once the output takes lines again.
 */
export class DescriptorSink implements LogSink {
  readonly #writer: DescriptorWriter;
  readonly #notice: DroppedLinesNotice;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #dropped = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(writer: DescriptorWriter, notice: DroppedLinesNotice) {
    this.#writer = writer;
    this.#notice = notice;
  }

  get droppedLines(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (this.#dropped > 0 && this.#pending.length === 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      // The notice is none of the lines it counts, so its own loss leaves the count as it was.
      if (!this.#enqueue(this.#notice(count)) || this.#push() === 'failed') this.#dropped = count;
    }
    if (this.#enqueue(line)) this.#push();
  }

  flush(): void {
    const waiter = new Int32Array(new SharedArrayBuffer(4));
    for (let waitedMs = 0; waitedMs < FLUSH_LIMIT_MS; waitedMs += FLUSH_STEP_MS) {
      if (this.#push() !== 'full') return;
      Atomics.wait(waiter, 0, 0, FLUSH_STEP_MS);
    }
  }

  close(): void {
    this.flush();
    clearTimeout(this.#retry);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #enqueue(line: string): boolean {
    const bytes = Buffer.from(line);
    if (this.#pendingBytes + bytes.length > MAX_PENDING_LOG_BYTES) {
      this.#dropped++;
      return false;
    }
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    return true;
  }

  #push(): 'empty' | 'full' | 'failed' {
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      try {
        const written = this.#writer(first);
        this.#pendingBytes -= written;
        if (written === first.length) this.#pending.shift();
        else this.#pending[0] = first.subarray(written);
      } catch (error) {
        if (errorCode(error) === 'EAGAIN') {
          this.#retryLater();
          return 'full';
        }
        this.#dropped += this.#pending.length;
        this.#pending = [];
        this.#pendingBytes = 0;
        return 'failed';
      }
    }
    return 'empty';
  }

  #retryLater(): void {
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#push();
    }, RETRY_INTERVAL_MS);
    this.#retry.unref();
  }
}

export function errorCode(error: unknown): string {
  // Not instanceof: a program may run this in a context of its own, where Node's errors are foreign.
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown';
}

/** Standard output and error: inherited, hence never closed here. */
export function standardSink(descriptor: 1 | 2, notice: DroppedLinesNotice): LogSink {
  return new DescriptorSink((bytes) => writeSync(descriptor, bytes), notice);
}
