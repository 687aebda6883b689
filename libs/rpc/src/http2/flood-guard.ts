import { ConnectionError, ErrorCode } from './error-code.js';
import {
  IDLE_FRAMES_BURST,
  IDLE_FRAMES_PER_SECOND,
  RESETS_BURST,
  RESETS_PER_SECOND,
  SENT_BYTES_PER_IDLE_FRAME,
  SETTINGS_BURST,
  SETTINGS_PER_SECOND,
} from './limits.js';

/** A bucket of tokens that fills again with time. */
class Allowance {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#tokens = burst;
    this.#filledAtMs = nowMs;
  }

  /** False when there was none left. */
  spend(nowMs: number): boolean {
    if (this.#tokens < 1) {
      // Only an empty bucket looks at the clock: the full one is the usual one.
      this.#tokens = Math.min(this.#burst, (nowMs - this.#filledAtMs) * this.#perMs);
      this.#filledAtMs = nowMs;
      if (this.#tokens < 1) return false;
    }
    this.#tokens--;
    return true;
  }

  refund(tokens: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + tokens);
  }
}

/**
 * Counts what costs us more than it costs the peer, and ends the connection with ENHANCE_YOUR_CALM
 * when it is more than any real client does: rapid reset (CVE-2023-44487), floods of SETTINGS, of
 * empty frames (CVE-2019-9518) and of window updates for windows of one byte.
 */
export class FloodGuard {
  readonly #resets: Allowance;
  readonly #idle: Allowance;
  readonly #settings: Allowance;

  constructor(nowMs: number) {
    this.#resets = new Allowance(RESETS_BURST, RESETS_PER_SECOND, nowMs);
    this.#idle = new Allowance(IDLE_FRAMES_BURST, IDLE_FRAMES_PER_SECOND, nowMs);
    this.#settings = new Allowance(SETTINGS_BURST, SETTINGS_PER_SECOND, nowMs);
  }

  /** A stream was opened and taken back, or refused. */
  reset(nowMs: number): void {
    if (!this.#resets.spend(nowMs)) throw tooMany('resets');
  }

  /** A frame that asks for nothing and brings nothing. */
  idleFrame(nowMs: number): void {
    if (!this.#idle.spend(nowMs)) throw tooMany('frames without content');
  }

  settings(nowMs: number): void {
    if (!this.#settings.spend(nowMs)) throw tooMany('SETTINGS');
  }

  /** Who is sent much has many windows to update. */
  sent(bytes: number): void {
    this.#idle.refund(bytes / SENT_BYTES_PER_IDLE_FRAME);
  }
}

function tooMany(what: string): ConnectionError {
  return new ConnectionError(ErrorCode.EnhanceYourCalm, `too many ${what}`);
}
