import { createHash } from 'node:crypto';
import type { Clock } from '@etcd-ts/foundation';
import type { LimitedLog } from './limited-log.js';
import { shownName } from './shown-name.js';

/** Wrong logins that one client may make for one user before it has to wait. */
export const FREE_ATTEMPTS = 10;
/** Then one more attempt for each of these. */
export const ATTEMPT_EVERY_MS = 2_000;
/** Users and clients remembered; those whose last failure is longest ago are forgotten first. */
export const MAX_REMEMBERED = 10_000;

interface Failures {
  /** Attempts left, as of `atMs`. */
  readonly left: number;
  readonly atMs: number;
}

/**
 * Slows down whoever guesses passwords. Only failures count, by user and client address together:
 * counted by user alone, anybody could lock out anybody; by address alone, one wrong configuration
 * would lock out all its neighbours behind the same proxy.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #log: LimitedLog;
  /** In the order of the last failure. */
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, log: LimitedLog) {
    this.#clock = clock;
    this.#log = log;
  }

  get remembered(): number {
    return this.#failures.size;
  }

  /** Whether an attempt may be made. A refusal is logged. */
  admits(username: string, address: string): boolean {
    const failures = this.#failures.get(keyOf(username, address));
    if (failures === undefined || this.#left(failures) >= 1) return true;
    this.#log.warn('refused a login without looking at it after too many wrong ones', {
      user: shownName(username),
      'remote-address': address,
    });
    return false;
  }

  failed(username: string, address: string): void {
    const key = keyOf(username, address);
    const failures = this.#failures.get(key);
    const left = failures === undefined ? FREE_ATTEMPTS : this.#left(failures);
    this.#failures.delete(key);
    this.#failures.set(key, { left: Math.max(0, left - 1), atMs: this.#clock.monotonicMs() });
    if (this.#failures.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  #left({ left, atMs }: Failures): number {
    const earned = (this.#clock.monotonicMs() - atMs) / ATTEMPT_EVERY_MS;
    return Math.min(FREE_ATTEMPTS, left + earned);
  }
}

/**
 * A digest: the name is a stranger's choice and may fill a request, and ten thousand of those kept
 * would be more than the memory there is.
 */
function keyOf(username: string, address: string): string {
  return createHash('sha256').update(`${address} ${username}`).digest('base64');
}
