import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { EtcdError } from '@etcd-ts/wire-protocol';
import {
  ConnectionError,
  deadlineExceeded,
  foreignAnswer,
  statusError,
  streamReset,
} from './call-failure.js';
import { MessageAssembler } from './message-frames.js';

export interface CallHead {
  /** "/package.Service/Method" */
  readonly path: string;
  readonly authority: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By this process's monotonic clock; undefined: none. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of one message of the answer. */
  readonly maxReceiveBytes: number;
}

export interface CallEvents {
  message(bytes: Buffer): void;
  /** Once, and nothing after it. undefined: status OK. */
  ended(error: unknown): void;
}

const CANCEL = 8;
/** Node counts a timer in an int32; a deadline beyond it is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One call: a stream of an HTTP/2 connection that is up. */
export class Call {
  readonly stream: ClientHttp2Stream;
  readonly #head: CallHead;
  readonly #events: CallEvents;
  readonly #messages: MessageAssembler;
  #timer: NodeJS.Timeout | undefined;
  #isAnswered = false;
  #isOver = false;
  #status: { readonly error: EtcdError | undefined } | undefined;

  constructor(session: ClientHttp2Session, head: CallHead, events: CallEvents) {
    this.#head = head;
    this.#events = events;
    this.#messages = new MessageAssembler(head.maxReceiveBytes, (bytes) => {
      if (!this.#isOver) events.message(bytes);
    });
    this.stream = session.request(requestHeaders(head), { endStream: false });
    this.#listen(session);
    if (head.deadlineMs !== undefined) this.#watchDeadline(head.deadlineMs);
    head.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Ends the call here; the server is told. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish(error);
    this.stream.close(CANCEL);
  }

  readonly #onAbort = (): void => this.fail(this.#head.signal?.reason);

  #listen(session: ClientHttp2Session): void {
    const { stream } = this;
    let resetCode = 0;
    stream.on('response', (headers) => this.#onResponse(headers));
    stream.on('trailers', (headers) => this.#onStatus(headers));
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => {
      if (this.#status !== undefined) this.#finishWithStatus();
    });
    // The session's own end follows as 'close' too, and says what it was.
    stream.on('error', () => undefined);
    stream.on('aborted', () => undefined);
    stream.on('close', () => {
      resetCode = stream.rstCode ?? 0;
      if (this.#status !== undefined) this.#finishWithStatus();
      else this.#finish(this.#endWithoutStatus(session, resetCode));
    });
  }

  #endWithoutStatus(session: ClientHttp2Session, resetCode: number): EtcdError {
    if (session.destroyed || session.closed) {
      // A stream without an id has not been sent; with one, who knows.
      return new ConnectionError('transport is closing', !this.stream.pending);
    }
    return streamReset(resetCode);
  }

  #onResponse(headers: IncomingHttpHeaders): void {
    this.#isAnswered = true;
    const contentType = String(headers['content-type'] ?? '');
    const status = Number((headers as Record<string, unknown>)[':status'] ?? 0);
    if (status !== 200 || !contentType.startsWith('application/grpc')) {
      this.fail(foreignAnswer(status, contentType));
      return;
    }
    // "Trailers-only": a call that failed at once has its status in the first headers.
    if (headers['grpc-status'] !== undefined) this.#onStatus(headers);
  }

  #onStatus(headers: IncomingHttpHeaders): void {
    const code = String(headers['grpc-status'] ?? '2');
    this.#status = { error: statusError(code, String(headers['grpc-message'] ?? '')) };
  }

  #onData(chunk: Buffer): void {
    try {
      this.#messages.push(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  #finishWithStatus(): void {
    const error = this.#status?.error;
    if (error === undefined && !this.#messages.isBetweenMessages) {
      this.#finish(streamReset(0));
      return;
    }
    this.#finish(error);
  }

  #finish(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    // A signal may live as long as its program: it must not collect ended calls.
    this.#head.signal?.removeEventListener('abort', this.#onAbort);
    this.#events.ended(error);
  }

  #watchDeadline(deadlineMs: number): void {
    const left = deadlineMs - performance.now();
    this.#timer = setTimeout(
      () => {
        if (performance.now() >= deadlineMs) this.fail(deadlineExceeded());
        else this.#watchDeadline(deadlineMs);
      },
      Math.min(Math.max(Math.ceil(left), 0), MAX_TIMER_MS),
    );
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }
}

function requestHeaders(head: CallHead): Record<string, string> {
  const headers: Record<string, string> = {
    ':method': 'POST',
    ':path': head.path,
    ':authority': head.authority,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'etcd-ts-client',
    ...head.metadata,
  };
  if (head.deadlineMs !== undefined) {
    // Microseconds would overflow gRPC's eight digits after 100 s; milliseconds last for a day.
    const left = Math.max(1, Math.round(head.deadlineMs - performance.now()));
    headers['grpc-timeout'] =
      left < 1e8 ? `${left}m` : `${Math.min(Math.ceil(left / 1000), 99_999_999)}S`;
  }
  return headers;
}
