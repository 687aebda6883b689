import { Violation } from './violation.js';

/** One key written or, without a value, deleted. */
export interface Write {
  readonly key: string;
  readonly value?: string;
}

/** One request that changes keys: all its writes happen, at one revision, or none. */
export interface Attempt {
  readonly what: string;
  readonly writes: readonly Write[];
  /** Set by the answer. Without one the request may have happened or not, but once at most. */
  acknowledgedAt?: number;
}

export interface KeyState {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** What the server says happened at one revision, as its watch tells it. */
export interface HistoryStep {
  readonly revision: number;
  readonly writes: readonly Write[];
}

function signature({ key, value }: Write): string {
  return value === undefined ? `delete ${key}` : `put ${key} = ${value}`;
}

/**
 * All that was asked of the node, against which its history is checked after each crash. Every
 * write is unique (a value is written once, a key deleted once), so an event names its request.
 */
export class Ledger {
  /** The last revision that history was checked up to. */
  checkedRevision = 1;
  lastAcknowledgedRevision = 1;
  acknowledged = 0;
  /** Requests without an answer that turned out to have happened. */
  survived = 0;
  readonly state = new Map<string, KeyState>();
  #open = new Map<string, Attempt>();
  #attempts = new Set<Attempt>();

  /** Must be called before the request is sent. */
  begin(what: string, writes: readonly Write[]): Attempt {
    const attempt: Attempt = { what, writes };
    this.#attempts.add(attempt);
    for (const write of writes) this.#open.set(signature(write), attempt);
    return attempt;
  }

  acknowledge(attempt: Attempt, revision: number): void {
    attempt.acknowledgedAt = revision;
    this.acknowledged++;
    this.lastAcknowledgedRevision = Math.max(this.lastAcknowledgedRevision, revision);
  }

  /**
   * Checks the history since the last check against what was asked: nothing acknowledged is
   * missing or elsewhere, nothing happened twice, nothing unasked, no request by half.
   */
  check(history: readonly HistoryStep[], currentRevision: number): void {
    if (currentRevision < this.lastAcknowledgedRevision) {
      throw new Violation(
        `revision ${currentRevision} is below the acknowledged ${this.lastAcknowledgedRevision}`,
      );
    }
    for (const step of history) this.#take(step);
    if (this.checkedRevision !== currentRevision) {
      throw new Violation(
        `history ends at ${this.checkedRevision}, the store at ${currentRevision}`,
      );
    }
    for (const attempt of this.#attempts) {
      if (attempt.acknowledgedAt !== undefined) {
        throw new Violation(`lost: ${attempt.what}, acknowledged at ${attempt.acknowledgedAt}`);
      }
    }
    // What has not happened by now died with the process: if it shows up later, it is a violation.
    this.#attempts = new Set();
    this.#open = new Map();
  }

  #take({ revision, writes }: HistoryStep): void {
    if (revision !== this.checkedRevision + 1) {
      throw new Violation(`revision ${revision} follows ${this.checkedRevision}`);
    }
    this.checkedRevision = revision;
    const seen = writes.map(signature).sort();
    const attempt = this.#open.get(seen[0] ?? '');
    if (attempt === undefined) {
      throw new Violation(`revision ${revision} is unasked for or repeated: ${seen.join(', ')}`);
    }
    const asked = attempt.writes.map(signature).sort();
    if (asked.join() !== seen.join()) {
      throw new Violation(`revision ${revision} has ${seen.join()} of ${asked.join()}`);
    }
    if (attempt.acknowledgedAt === undefined) this.survived++;
    else if (attempt.acknowledgedAt !== revision) {
      throw new Violation(
        `${attempt.what}: acknowledged at ${attempt.acknowledgedAt}, is at ${revision}`,
      );
    }
    for (const write of asked) this.#open.delete(write);
    this.#attempts.delete(attempt);
    for (const write of writes) this.#apply(write, revision);
  }

  #apply({ key, value }: Write, revision: number): void {
    if (value === undefined) {
      this.state.delete(key);
      return;
    }
    const before = this.state.get(key);
    this.state.set(key, {
      value,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
    });
  }
}
