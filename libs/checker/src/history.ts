import { assert, must } from '@etcd-ts/foundation';

import type { Failure, Operation, OperationResult } from './operation.js';

export type Outcome =
  | {
      readonly kind: 'ok';
      /** That of the response's header. */
      readonly revision: number;
      readonly result: OperationResult;
    }
  /** Known to have had no effect, and never to have one. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Timeout, lost connection: took effect, will take effect, or never does. */
  | { readonly kind: 'unknown' };

export interface HistoryEntry {
  /** Position in the history, by invocation. */
  readonly id: number;
  readonly client: number;
  /** The member that answered, where the client knows: its revision must never go back. */
  readonly member?: string;
  readonly operation: Operation;
  /** Ticks of one logical clock: unique, and in the order in which things happened. */
  readonly invokedAt: number;
  /** Infinity for an unknown outcome: it may still take effect. */
  readonly returnedAt: number;
  /** The client's monotonic clock, in milliseconds: what leases are judged by. */
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
  readonly outcome: Outcome;
}

/** An operation under way. Exactly one of its methods is called, once. */
export interface Call {
  ok(revision: number, result: OperationResult): HistoryEntry;
  failed(failure: Failure): HistoryEntry;
  unknown(): HistoryEntry;
}

interface Started {
  readonly id: number;
  readonly client: number;
  readonly member: string | undefined;
  readonly operation: Operation;
  readonly invokedAt: number;
  readonly invokedAtMs: number;
}

/**
 * Writes down what clients do. `invoke` must be called before the request leaves and the call be
 * ended after its response has come, never the other way round: an interval that is too short makes
 * the checkers report what did not happen, one that is too long only makes them see less.
 */
export class HistoryRecorder {
  readonly #nowMs: () => number;
  readonly #open = new Map<number, Started>();
  readonly #entries: (HistoryEntry | undefined)[] = [];
  /** The id of the first of these. */
  #firstId = 0;
  #clock = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The next tick of the clock that orders everything, for what is recorded elsewhere (watches). */
  tick(): number {
    return ++this.#clock;
  }

  invoke(client: number, operation: Operation, member?: string): Call {
    const id = this.#firstId + this.#entries.push(undefined) - 1;
    const invokedAtMs = this.#nowMs();
    this.#open.set(id, { id, client, member, operation, invokedAt: this.tick(), invokedAtMs });
    return {
      ok: (revision, result) => this.#end(id, { kind: 'ok', revision, result }),
      failed: (failure) => this.#end(id, { kind: 'failed', failure }),
      unknown: () => this.#end(id, { kind: 'unknown' }),
    };
  }

  /** All that was invoked so far; what has not returned counts as unknown. */
  history(): readonly HistoryEntry[] {
    return this.#entries.map(
      (entry, at) =>
        entry ??
        finished(must(this.#open.get(this.#firstId + at), 'open or ended'), { kind: 'unknown' }),
    );
  }

  /** Everything that was invoked has ended. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** How many there are. */
  get size(): number {
    return this.#entries.length;
  }

  /** The same, and forgets them: what was invoked must have ended. Ids go on. */
  drain(): readonly HistoryEntry[] {
    assert(this.#open.size === 0, 'nothing is under way');
    const entries = this.history();
    this.#firstId += this.#entries.length;
    this.#entries.length = 0;
    return entries;
  }

  #end(id: number, outcome: Outcome): HistoryEntry {
    const started = this.#open.get(id);
    assert(started !== undefined, () => `call ${id} ended twice`);
    this.#open.delete(id);
    const end = { at: this.tick(), ms: this.#nowMs() };
    const entry = finished(started, outcome, end);
    this.#entries[id - this.#firstId] = entry;
    return entry;
  }
}

function finished(
  started: Started,
  outcome: Outcome,
  end: { readonly at: number; readonly ms: number } = { at: Infinity, ms: Infinity },
): HistoryEntry {
  const open = outcome.kind === 'unknown';
  const { id, client, member, operation, invokedAt, invokedAtMs } = started;
  // Written out: histories have millions of these, and objects made by spreading are slow ones.
  const entry = {
    id,
    client,
    operation,
    invokedAt,
    returnedAt: open ? Infinity : end.at,
    invokedAtMs,
    returnedAtMs: open ? Infinity : end.ms,
    outcome,
  };
  return member === undefined ? entry : Object.assign(entry, { member });
}
