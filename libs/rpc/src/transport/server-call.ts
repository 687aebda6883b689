import { EtcdError, GrpcStatus, toEtcdError } from '@etcd-ts/wire-protocol';
import { uint32At } from '../http2/frame.js';
import { DEFAULT_WINDOW_BYTES } from '../http2/limits.js';
import { answerBy } from '../service/bound-service.js';
import type { BoundMethod, UnaryAnswer } from '../service/bound-service.js';
import type { CallContext, CallMetadata } from '../service/call-context.js';
import { AnswerStream, OK } from './answer-stream.js';
import type { CallLink } from './call-link.js';
import type { DeadlineSlot } from './deadline-queue.js';
import { IncomingMessages } from './incoming-messages.js';
import type { ReceivedMessage } from './incoming-messages.js';
import { openMessage } from './message-encoding.js';
import { PREFIX_BYTES } from './message-prefix.js';
import { MessageReader } from './message-reader.js';
import type { RequestHead } from './request-head.js';
import type { ServedMethod } from './served-methods.js';
import type { CallStatus } from './status-message.js';

/**
 * One call: its HTTP/2 stream, its context and its sink in one object, because a unary call is too
 * short to pay for three. It ends once, by its handler, by its deadline or by its client, whichever
 * comes first; the others then find it over.
 */
export class ServerCall extends AnswerStream implements CallContext, UnaryAnswer {
  readonly #served: ServedMethod;
  readonly deadlineMs: number | undefined;
  #deadlineSlot: DeadlineSlot | undefined;
  #reader: MessageReader | undefined;
  #incoming: IncomingMessages | undefined;
  /** Bytes of messages that the handler has not taken. */
  #untaken = 0;
  /** What the connection knows of the bytes held here. */
  #counted = 0;
  #startedMs = 0;
  #handlerStarted = false;
  #handlerEnded = false;
  #controller: AbortController | undefined;

  constructor(
    id: number,
    head: RequestHead,
    served: ServedMethod,
    remoteEnded: boolean,
    link: CallLink,
  ) {
    super(id, remoteEnded, head, served.observer, link);
    this.#served = served;
    if (head.timeoutMs === undefined) return;
    this.deadlineMs = link.clock.wallMs() + head.timeoutMs;
    this.#deadlineSlot = link.deadlines.add(this, head.timeoutMs);
  }

  get metadata(): CallMetadata {
    return this.head.metadata;
  }

  get peer(): string {
    return this.link.peer;
  }

  get peerCertificateCommonName(): string | undefined {
    return this.link.peerCertificateCommonName;
  }

  get method(): string {
    return this.#served.bound.path;
  }

  /** Made on demand: most calls never look at it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.abortReason !== undefined) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  // --- the request ---

  /** A bidirectional handler runs before the first message. */
  override onOpen(): void {
    const { bound } = this.#served;
    if (bound.type !== 'bidi_stream') return;
    const incoming = new IncomingMessages((message) => this.#take(message));
    this.#incoming = incoming;
    this.#run(() => bound.handle(incoming, this, this));
  }

  override onData(bytes: Buffer, from: number, to: number): void {
    if (this.over) return;
    if (this.#reader === undefined && to - from >= PREFIX_BYTES) {
      const length = uint32At(bytes, from + 1);
      if (from + PREFIX_BYTES + length === to && length <= this.link.maxReceiveBytes) {
        // The usual case: one message is one frame, and is used where it lies.
        this.#onMessage(bytes.subarray(from + PREFIX_BYTES, to), bytes[from] as number);
        if (this.#incoming !== undefined) this.#countHeld();
        this.#replenish();
        return;
      }
    }
    this.#reader ??= new MessageReader(this.link.maxReceiveBytes);
    for (const step of this.#reader.read(bytes, from, to)) {
      if (step.kind === 'too large') this.#refuseSize(step.length);
      else this.#onMessage(step.bytes, step.flag);
      if (this.over) return;
    }
    this.#countHeld();
    this.#replenish();
  }

  override onEnd(): void {
    if (this.over) return;
    if (this.#reader?.midMessage === true) {
      this.#fail(new EtcdError({ code: GrpcStatus.Unknown, message: 'unexpected EOF' }));
    } else if (this.#incoming !== undefined) {
      this.#incoming.end();
    } else if (!this.#handlerStarted) {
      this.end({ code: GrpcStatus.Unknown, message: 'EOF' });
      this.#leaveDeadline();
    }
  }

  /** What is wrong with its size is known before it has come. */
  #refuseSize(length: number): void {
    const { maxReceiveBytes } = this.link;
    const message = `grpc: received message larger than max (${length} vs. ${maxReceiveBytes})`;
    this.#fail(new EtcdError({ code: GrpcStatus.ResourceExhausted, message }));
  }

  #onMessage(bytes: Uint8Array, flag: number): void {
    if (this.#incoming !== undefined) {
      this.#untaken += bytes.length;
      // A view would keep the whole chunk it came in for as long as the handler lets it wait.
      this.#incoming.push({ bytes: Uint8Array.prototype.slice.call(bytes), flag });
      return;
    }
    // Of a unary call the first message counts, as in grpc-go.
    if (this.#handlerStarted) return;
    this.#handlerStarted = true;
    try {
      const opened = openMessage(bytes, flag, this.head.encoding, this.link.maxReceiveBytes);
      if (!(opened instanceof Promise)) this.#handle(opened);
      else {
        opened.then(
          (message) => this.#handle(message),
          (error: unknown) => this.#fail(toEtcdError(error)),
        );
      }
    } catch (error) {
      this.#fail(toEtcdError(error));
    }
  }

  #handle(request: Uint8Array): void {
    if (this.over) return;
    const { bound } = this.#served;
    this.observer.messageReceived(request.length);
    if (bound.type === 'unary') this.#runUnary(bound, request);
    else if (bound.type === 'server_stream') this.#run(() => bound.handle(request, this, this));
  }

  /** The handler of a bidirectional call wants its next message. */
  #take({ bytes, flag }: ReceivedMessage): Uint8Array | Promise<Uint8Array> {
    this.#untaken -= bytes.length;
    this.#countHeld();
    this.#replenish();
    const opened = openMessage(bytes, flag, this.head.encoding, this.link.maxReceiveBytes);
    if (opened instanceof Promise) {
      return opened.then((message) => {
        this.observer.messageReceived(message.length);
        return message;
      });
    }
    this.observer.messageReceived(opened.length);
    return opened;
  }

  get #held(): number {
    return this.#untaken + (this.#reader?.held ?? 0);
  }

  #countHeld(): void {
    const held = this.over ? 0 : this.#held;
    const fits = this.link.hold(held - this.#counted);
    this.#counted = held;
    if (fits) return;
    const message = 'grpc: the connection has too many requests that are not complete';
    this.#fail(new EtcdError({ code: GrpcStatus.ResourceExhausted, message }));
  }

  /**
   * Lets the client send as much as we want to hold: the usual window less what the handler has not
   * taken, or else all of the message that has begun, as its end is what it waits for.
   */
  #replenish(): void {
    if (this.remoteEnded) return;
    const missing = this.#reader?.missing ?? 0;
    const wanted = Math.max(missing, DEFAULT_WINDOW_BYTES - this.#held) - this.receiveWindow;
    // Half a window at a time, so that not every message costs a frame; but never too late.
    if (wanted < DEFAULT_WINDOW_BYTES / 2 && this.receiveWindow >= missing) return;
    this.link.http2.widenStream(this, wanted);
    this.link.scheduleFlush();
  }

  // --- the handler ---

  #runUnary({ direct, handle }: UnaryMethod, request: Uint8Array): void {
    this.#started();
    if (direct?.(request, this, this) === true) return;
    answerBy(this, () => handle(request, this));
  }

  #run(handler: () => Promise<void>): void {
    this.#handlerStarted = true;
    this.#started();
    let running: Promise<void>;
    try {
      running = handler();
    } catch (error) {
      this.refuse(error);
      return;
    }
    running.then(
      () => this.#returned(OK),
      (error: unknown) => this.refuse(error),
    );
  }

  #started(): void {
    this.#startedMs = this.link.clock.monotonicMs();
    this.observer.started();
  }

  /** See UnaryAnswer. */
  answer(response: Uint8Array): void {
    this.write(response);
    this.#returned(OK);
  }

  /** What a handler has thrown. */
  refuse(error: unknown): void {
    // Anything but an EtcdError is a fault of ours: the client gets its text, as from etcd, but
    // somebody here must hear of it too.
    if (!(error instanceof EtcdError)) this.link.logFault(this.method, error);
    this.#returned(toEtcdError(error));
  }

  #returned(status: CallStatus): void {
    this.#handlerEnded = true;
    const seconds = (this.link.clock.monotonicMs() - this.#startedMs) / 1000;
    this.observer.handled(status.code, seconds);
    this.#leaveDeadline();
    this.end(status);
    this.#forgetRequest();
  }

  // --- ends that the handler does not choose ---

  /** The client has gone or has broken a rule: nobody can be told anything. */
  override onAbort(): void {
    const reason = canceled();
    this.abandon(reason);
    this.#abort(reason);
  }

  expire(): void {
    this.#deadlineSlot = undefined;
    const message = 'context deadline exceeded';
    const reason = new EtcdError({ code: GrpcStatus.DeadlineExceeded, message });
    this.endNow(reason);
    this.#abort(reason);
  }

  #fail(reason: EtcdError): void {
    this.end(reason);
    this.#abort(reason);
  }

  #abort(reason: EtcdError): void {
    if (this.abortReason !== undefined) return;
    this.#leaveDeadline();
    this.#forgetRequest();
    this.rejectWaiters(reason);
    this.#incoming?.fail(reason);
    if (!this.#handlerEnded) this.#controller?.abort(reason);
  }

  /** What is held of it would count as long as the stream is open. */
  #forgetRequest(): void {
    this.#reader = undefined;
    if (this.#counted > 0) this.link.hold(-this.#counted);
    this.#counted = 0;
  }

  #leaveDeadline(): void {
    if (this.#deadlineSlot === undefined) return;
    this.link.deadlines.remove(this, this.#deadlineSlot);
    this.#deadlineSlot = undefined;
  }
}

type UnaryMethod = Extract<BoundMethod, { type: 'unary' }>;

/** As Go's context, in code and text. */
function canceled(): EtcdError {
  return new EtcdError({ code: GrpcStatus.Canceled, message: 'context canceled' });
}
