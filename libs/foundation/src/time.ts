/** Time as an argument: the simulator's clock is another implementation. */
export interface Clock {
  /** Never goes back; for timeouts, leases and elections. Milliseconds, fractional. */
  monotonicMs(): number;
  /** The wall clock, for log lines and ids only: it may jump. Milliseconds since the epoch. */
  wallMs(): number;
}

export type CancelTimer = () => void;

/** Deferred work as an argument, for the same reason. Cancelling after the call is a no-op. */
export interface Scheduler {
  /** Calls back once, not before `delayMs` have passed. */
  after(delayMs: number, callback: () => void): CancelTimer;
  /** Calls back every `intervalMs`, until cancelled; never overlapping. */
  every(intervalMs: number, callback: () => void): CancelTimer;
  /** Calls back after the input of this turn of the event loop has been taken in. */
  soon(callback: () => void): void;
}
