import type { CancelTimer, Clock, Scheduler } from '@etcd-ts/foundation';

export interface LongPollLimits {
  /** Polls at a time, over all tokens: each holds a connection and a few kilobytes. */
  readonly total: number;
  /** Of one token: a cluster's members poll once each. */
  readonly perToken: number;
}

/** Every so often a poll gets a byte, before a proxy on the way takes it for dead. */
export const HEARTBEAT_MS = 20_000;

export type Wakening = 'changed' | 'ended';

/** One poll that waits. */
export interface Poll {
  /** Resolves at the next change of its token, or at the end of all waiting. */
  next(): Promise<Wakening>;
  leave(): void;
}

interface Waiter {
  readonly token: string;
  readonly sinceMs: number;
  readonly onHeartbeat: () => void;
  pending: Wakening | undefined;
  wake: ((wakening: Wakening) => void) | undefined;
}

/** Everybody who waits for a change, by token. Changes between two waits are remembered. */
export class LongPolls {
  readonly #byToken = new Map<string, Set<Waiter>>();
  readonly #limits: LongPollLimits;
  readonly #clock: Clock;
  readonly #cancelHeartbeat: CancelTimer;
  #count = 0;
  #isEnded = false;

  constructor(
    limits: LongPollLimits,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
  ) {
    this.#limits = limits;
    this.#clock = time.clock;
    this.#cancelHeartbeat = time.scheduler.every(HEARTBEAT_MS, () => this.#heartbeat());
  }

  get count(): number {
    return this.#count;
  }

  /** Undefined when there is no room for another. Enter first, read after: no change is missed. */
  enter(token: string, onHeartbeat: () => void): Poll | undefined {
    const waiters = this.#byToken.get(token) ?? new Set();
    if (this.#isEnded || this.#count >= this.#limits.total) return undefined;
    if (waiters.size >= this.#limits.perToken) return undefined;
    const sinceMs = this.#clock.monotonicMs();
    const waiter: Waiter = { token, sinceMs, onHeartbeat, pending: undefined, wake: undefined };
    waiters.add(waiter);
    this.#byToken.set(token, waiters);
    this.#count++;
    return { next: () => next(waiter), leave: () => this.#leave(waiter) };
  }

  /** Wakes the pollers of a token; of all tokens when it is not known which. */
  changed(token: string | undefined): void {
    if (token !== undefined) {
      for (const waiter of this.#byToken.get(token) ?? []) wake(waiter, 'changed');
      return;
    }
    for (const waiters of this.#byToken.values()) {
      for (const waiter of waiters) wake(waiter, 'changed');
    }
  }

  /** Nobody waits any longer, now or later. */
  end(): void {
    this.#isEnded = true;
    this.#cancelHeartbeat();
    for (const waiters of this.#byToken.values()) {
      for (const waiter of waiters) wake(waiter, 'ended');
    }
  }

  #leave(waiter: Waiter): void {
    const waiters = this.#byToken.get(waiter.token);
    if (waiters?.delete(waiter) !== true) return;
    this.#count--;
    if (waiters.size === 0) this.#byToken.delete(waiter.token);
    wake(waiter, 'ended');
  }

  #heartbeat(): void {
    const oldest = this.#clock.monotonicMs() - HEARTBEAT_MS / 2;
    for (const waiters of this.#byToken.values()) {
      for (const waiter of waiters) if (waiter.sinceMs <= oldest) waiter.onHeartbeat();
    }
  }
}

function next(waiter: Waiter): Promise<Wakening> {
  const { pending } = waiter;
  if (pending !== undefined) {
    if (pending === 'changed') waiter.pending = undefined;
    return Promise.resolve(pending);
  }
  return new Promise((resolve) => {
    waiter.wake = resolve;
  });
}

function wake(waiter: Waiter, wakening: Wakening): void {
  const { wake: resolve } = waiter;
  if (resolve === undefined) {
    // The end stays the end.
    if (waiter.pending !== 'ended') waiter.pending = wakening;
    return;
  }
  waiter.wake = undefined;
  if (wakening === 'ended') waiter.pending = 'ended';
  resolve(wakening);
}
