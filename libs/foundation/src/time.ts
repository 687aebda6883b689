/** Time as an argument: the simulator's clock is another implementation. */
export interface Clock {
  /** Never goes back; for timeouts, leases and elections. Milliseconds, fractional. */
  monotonicMs(): number;
  /** The wall clock, for log lines and ids only: it may jump. Milliseconds since the epoch. */
  wallMs(): number;
}

export type CancelTimer = () => void;

/**
 * What a scheduler may know of a periodic callback. A machine's own calls all the same; whoever
 * simulates time can leave out what it knows to do nothing, and so get through calm years.
 */
export type Rhythm =
  /**
   * Looks whether something is due. Before this moment of the monotonic clock it finds nothing, as
   * long as nothing else happens to its owner; Infinity: only something else can change that.
   */
  | { readonly kind: 'poll'; idleUntilMs(): number }
  /** Tells others that its owner lives, and notices that they do. */
  | { readonly kind: 'pulse' };

/** Deferred work as an argument, for the same reason. Cancelling after the call is a no-op. */
export interface Scheduler {
  /** Calls back once, not before `delayMs` have passed. */
  after(delayMs: number, callback: () => void): CancelTimer;
  /** Calls back every `intervalMs`, until cancelled; never overlapping. */
  every(intervalMs: number, callback: () => void, rhythm?: Rhythm): CancelTimer;
  /** Calls back after the input of this turn of the event loop has been taken in. */
  soon(callback: () => void): void;
}
