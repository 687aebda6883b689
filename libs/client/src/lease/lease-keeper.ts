import type { ServiceClient } from '@etcd-ts/rpc';
import type { LeaseDefinition, LeaseKeepAliveResponse } from '@etcd-ts/wire-protocol';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import { MessageQueue } from '../transport/message-queue.js';
import { longTimeout } from '../routing/long-timeout.js';
import { sleep } from '../routing/sleep.js';

/** A renewal is sent when a third of the time to live has gone, but not more often than this. */
const RENEWALS_PER_TTL = 3;
const MIN_INTERVAL_MS = 500;
/** After a stream that failed; the lease goes on living meanwhile. */
const RETRY_DELAY_MS = 500;
/** Answers nobody reads: only these are kept, so that an unread keeper does not grow. */
const KEPT_ANSWERS = 16;

export type KeeperEnd =
  /** The lease is gone: expired or revoked. */
  'lost' | 'stopped';

/**
 * Renews a lease until it is stopped or the lease is gone, at whichever member answers. A lease is
 * given up as lost when no renewal was answered for its whole time to live: the cluster may have let
 * it expire, and whoever held something by it must not believe in it any longer.
 */
export class LeaseKeeper implements AsyncIterable<LeaseKeepAliveResponse> {
  readonly id: bigint;
  /** How it ended; rejects when the server refuses to renew (no permission, say). */
  readonly ended: Promise<KeeperEnd>;
  readonly #calls: ServiceClient<LeaseDefinition>;
  readonly #stop = new AbortController();
  readonly #answers: LeaseKeepAliveResponse[] = [];
  readonly #reader = new MessageQueue<LeaseKeepAliveResponse>();
  #isRead = false;
  #aliveUntilMs: number;
  #intervalMs: number;

  /** `ttlSeconds`: what the lease has left as far as its owner knows. */
  constructor(
    calls: ServiceClient<LeaseDefinition>,
    id: bigint,
    ttlSeconds: number,
    signal?: AbortSignal,
  ) {
    this.#calls = calls;
    this.id = id;
    this.#aliveUntilMs = performance.now() + ttlSeconds * 1000;
    this.#intervalMs = intervalOf(ttlSeconds);
    if (signal?.aborted === true) this.stop();
    signal?.addEventListener('abort', () => this.stop(), { once: true, signal: this.#stop.signal });
    this.ended = this.#run();
    this.ended.then(
      () => this.#reader.end(),
      (error: unknown) => this.#reader.end(error),
    );
  }

  /** The lease stays for the rest of its time. */
  stop(): void {
    this.#stop.abort(STOPPED);
  }

  /** The answers, for one reader; ends with the keeper, and stopping to read stops nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LeaseKeepAliveResponse, void, undefined> {
    this.#isRead = true;
    for (const answer of this.#answers.splice(0)) this.#reader.push(answer);
    for (;;) {
      const { done, value } = await this.#reader.next();
      if (done === true) return;
      yield value;
    }
  }

  async #run(): Promise<KeeperEnd> {
    while (performance.now() < this.#aliveUntilMs) {
      try {
        if ((await this.#renewOnStream()) === 'lost') return 'lost';
      } catch (error) {
        if (this.#stop.signal.aborted) return 'stopped';
        if (!isPassing(error)) throw error;
      }
      try {
        await sleep(RETRY_DELAY_MS, [this.#stop.signal]);
      } catch {
        return 'stopped';
      }
    }
    return 'lost';
  }

  async #renewOnStream(): Promise<'lost' | 'again'> {
    const round = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, round.signal]);
    const stream = this.#calls.leaseKeepAlive({ signal });
    // A stream that hangs is no reason to believe in the lease for ever.
    const giveUp = (): void => round.abort(UNANSWERED);
    const untilEndMs = (): number => this.#aliveUntilMs - performance.now();
    let clearLastChance = longTimeout(untilEndMs(), giveUp);
    try {
      await stream.write({ ID: this.id });
      for await (const answer of stream) {
        const ttlSeconds = Number(answer.TTL);
        if (ttlSeconds <= 0) return 'lost';
        this.#deliver(answer);
        this.#aliveUntilMs = performance.now() + ttlSeconds * 1000;
        this.#intervalMs = intervalOf(ttlSeconds);
        clearLastChance();
        clearLastChance = longTimeout(untilEndMs(), giveUp);
        await sleep(this.#intervalMs, [signal]);
        await stream.write({ ID: this.id });
      }
      return 'again';
    } finally {
      clearLastChance();
      round.abort(UNANSWERED);
    }
  }

  #deliver(answer: LeaseKeepAliveResponse): void {
    if (this.#isRead) {
      this.#reader.push(answer);
      return;
    }
    this.#answers.push(answer);
    if (this.#answers.length > KEPT_ANSWERS) this.#answers.shift();
  }
}

const STOPPED = new EtcdError({ code: GrpcStatus.Canceled, message: 'keep-alive stopped' });
const UNANSWERED = new EtcdError({
  code: GrpcStatus.Unavailable,
  message: 'no renewal was answered',
});

function intervalOf(ttlSeconds: number): number {
  return Math.max(MIN_INTERVAL_MS, (ttlSeconds * 1000) / RENEWALS_PER_TTL);
}

function isPassing(error: unknown): boolean {
  const codes: readonly number[] = [
    GrpcStatus.Unavailable,
    GrpcStatus.Internal,
    GrpcStatus.Unauthenticated,
    GrpcStatus.DeadlineExceeded,
  ];
  return error instanceof EtcdError && codes.includes(error.code);
}
