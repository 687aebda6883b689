import { must } from '@etcd-ts/foundation';

import { describeChanges, describeKv, disagreement, sameChanges } from '../agreement.js';
import type { Budget } from '../budget.js';
import { StepCounter } from '../budget.js';
import { execute } from '../execution.js';
import type { HistoryEntry } from '../history.js';
import { describeRange } from '../key-range.js';
import type { Change, Timeline } from '../timeline.js';
import type { Verdict, Violation } from '../verdict.js';
import { OK, violation } from '../verdict.js';
import { Assignments } from './assignments.js';
import type { Evidence } from './evidence.js';
import { LeaseEnds } from './lease-ends.js';
import type { AnsweredHistory } from './answered-history.js';
import type { AnsweredKv } from './placement.js';
import type { Likes, Unanswered } from './unanswered.js';

/** One thing a revision may have done that no answer explains, and who would do it. */
interface Guess {
  readonly changes: readonly Change[];
  readonly makers: Likes[];
  /** A lease whose end would do the same. */
  lease: bigint | undefined;
}

interface Choice {
  readonly revision: number;
  readonly guesses: readonly Guess[];
  next: number;
}

/** Every way to arrive at a dead end is remembered, up to this many: memory for time. */
const MAX_REMEMBERED_DEAD_ENDS = 100_000;

/**
 * Replays the history revision by revision. Answered writes stand where their answer says, so the
 * only choices are the revisions nobody was told about; with an event log there is mostly one
 * candidate for each and the replay is linear. Otherwise: depth first, with memory of dead ends.
 */
export class RevisionSearch {
  readonly #history: AnsweredHistory;
  readonly #evidence: Evidence;
  readonly #unanswered: Unanswered;
  readonly #timeline: Timeline;
  readonly #leases: LeaseEnds;
  readonly #assignments: Assignments;
  readonly #steps: StepCounter;
  readonly #choices: Choice[] = [];
  readonly #deadEnds = new Set<string>();
  /** The first revision that may have made other changes than it did here. */
  #certainBelow = Infinity;
  #deepest: { readonly revision: number; readonly violation: Violation } | undefined;

  constructor(
    history: AnsweredHistory,
    evidence: Evidence,
    unanswered: Unanswered,
    timeline: Timeline,
    budget: Budget,
  ) {
    this.#history = history;
    this.#evidence = evidence;
    this.#unanswered = unanswered;
    this.#timeline = timeline;
    this.#leases = new LeaseEnds(history.entries);
    this.#steps = new StepCounter(budget);
    this.#assignments = new Assignments(unanswered, this.#steps);
  }

  run(): Verdict {
    const { baseRevision } = this.#timeline;
    let blocked = this.#lookAround(baseRevision);
    while (this.#timeline.revision < this.#history.lastRevision || blocked !== undefined) {
      if (!this.#steps.spend()) {
        return { kind: 'unknown', reason: `gave up after ${this.#steps.steps} steps` };
      }
      if (blocked === undefined) {
        blocked = this.#advance(this.#timeline.revision + 1);
        continue;
      }
      if (this.#deepest === undefined || blocked.revision > this.#deepest.revision) {
        this.#deepest = blocked;
      }
      const choice = this.#lastOpenChoice();
      if (choice === undefined) return { kind: 'violation', violation: this.#deepest.violation };
      blocked = this.#take(choice);
    }
    return OK;
  }

  /**
   * Who made each revision that no answer explains: an entry, or a lease that ended. Only what is
   * certain: nothing from where the states themselves became a guess.
   */
  explanations(): ReadonlyMap<number, HistoryEntry | bigint> {
    return this.#assignments.makers(this.#certainBelow);
  }

  #advance(revision: number): Block | undefined {
    const writer = this.#history.writerOf(revision);
    return writer === undefined ? this.#guess(revision) : this.#replay(revision, writer);
  }

  #replay(revision: number, writer: HistoryEntry): Block | undefined {
    const { operation, result } = this.#history.answerOf(writer);
    const execution = execute(operation, this.#timeline);
    if (execution.kind === 'failed') {
      return this.#block(
        revision,
        'wrong-answer',
        `#${writer.id} should fail: ${execution.failure}`,
        writer,
      );
    }
    const difference = disagreement(execution.result, result);
    if (difference !== undefined) {
      return this.#block(
        revision,
        'wrong-answer',
        `#${writer.id} made revision ${revision}: ${difference}`,
        writer,
      );
    }
    const { changes } = execution;
    const objection = this.#evidence.objection(revision, changes);
    if (objection !== undefined) {
      const made = describeChanges(changes);
      return this.#block(
        revision,
        'lost-write',
        `#${writer.id} made ${made}, but ${objection}`,
        writer,
      );
    }
    const lease = this.#leases.attachedAfterEnd(operation, changes);
    if (lease !== undefined) {
      return this.#block(
        revision,
        'dead-lease',
        `#${writer.id} wrote under lease ${lease}, which was over`,
        writer,
      );
    }
    this.#timeline.append(changes);
    return this.#lookAround(revision);
  }

  #guess(revision: number): Block | undefined {
    const guesses = this.#guesses(revision);
    if (guesses.length === 0) return this.#unexplained(revision);
    if (guesses.length > 1) {
      this.#certainBelow = Math.min(this.#certainBelow, revision);
      if (this.#deadEnds.size > 0 && this.#deadEnds.has(this.#situation())) {
        return this.#block(revision, 'no-order', 'no order of the unanswered operations fits');
      }
      this.#choices.push({ revision, guesses, next: 0 });
      return this.#take(must(this.#choices.at(-1), 'just pushed'));
    }
    return this.#believe(revision, must(guesses[0], 'one guess'));
  }

  /** What may have happened at this revision: alike changes are one guess, whoever made them. */
  #guesses(revision: number): Guess[] {
    const guesses: Guess[] = [];
    const guessOf = (changes: readonly Change[]): Guess => {
      const known = guesses.find((guess) => sameChanges(guess.changes, changes));
      if (known !== undefined) return known;
      const guess: Guess = { changes, makers: [], lease: undefined };
      guesses.push(guess);
      return guess;
    };
    for (const maker of this.#unanswered.candidates(revision, this.#evidence.clue(revision))) {
      this.#steps.spend();
      const execution = execute(maker.operation, this.#timeline);
      if (execution.kind === 'failed' || execution.changes.length === 0) continue;
      const { changes } = execution;
      if (this.#evidence.objection(revision, changes) !== undefined) continue;
      if (this.#leases.attachedAfterEnd(maker.operation, changes) !== undefined) continue;
      guessOf(changes).makers.push(maker);
    }
    for (const [lease, changes] of LeaseEnds.possible(this.#timeline)) {
      if (this.#evidence.objection(revision, changes) === undefined) guessOf(changes).lease = lease;
    }
    return guesses;
  }

  #take(choice: Choice): Block | undefined {
    this.#rollback(choice.revision - 1);
    const guess = must(choice.guesses[choice.next++], 'an open choice has a guess left');
    return this.#believe(choice.revision, guess);
  }

  #believe(revision: number, { changes, makers, lease }: Guess): Block | undefined {
    if (!this.#assignments.add(revision, makers, lease)) return this.#unexplained(revision);
    this.#timeline.append(changes);
    // With another possible maker the lease may live on.
    if (lease !== undefined && makers.length === 0) this.#leases.end(lease, revision);
    return this.#lookAround(revision);
  }

  /** Checks everything that saw the state after this revision. */
  #lookAround(revision: number): Block | undefined {
    for (const reader of this.#history.readersOf(revision)) {
      const { operation } = reader;
      if (operation.kind === 'leaseRevoke') {
        const left = this.#leases.leftBehind(operation.lease, this.#timeline);
        if (left.length > 0) {
          return this.#block(
            revision,
            'lease-keys-left',
            `lease ${operation.lease} was revoked, but has ${left.join()}`,
            reader,
          );
        }
        this.#leases.end(operation.lease, revision);
        continue;
      }
      const broken = this.#checkReader(revision, reader, this.#history.answerOf(reader));
      if (broken !== undefined) return broken;
    }
    return undefined;
  }

  #checkReader(revision: number, reader: HistoryEntry, answer: AnsweredKv): Block | undefined {
    const execution = execute(answer.operation, this.#timeline);
    if (execution.kind === 'failed') {
      return this.#block(
        revision,
        'wrong-answer',
        `#${reader.id} should fail: ${execution.failure}`,
        reader,
      );
    }
    const difference =
      execution.changes.length > 0
        ? `it should change ${describeChanges(execution.changes)}`
        : disagreement(execution.result, answer.result);
    if (difference === undefined) return undefined;
    const what = answer.operation.kind === 'range' ? ` of ${describeRange(answer.operation)}` : '';
    return this.#block(
      revision,
      'wrong-read',
      `#${reader.id}${what} at revision ${revision}: ${difference}`,
      reader,
    );
  }

  #unexplained(revision: number): Block {
    const clue = this.#evidence.clue(revision);
    const seen =
      clue === undefined
        ? ''
        : `: ${clue.kv === undefined ? `delete ${clue.key}` : describeKv(clue.kv)}`;
    return this.#block(
      revision,
      'phantom-revision',
      `nobody asked for revision ${revision}${seen}`,
    );
  }

  #lastOpenChoice(): Choice | undefined {
    for (let last = this.#choices.at(-1); last !== undefined; last = this.#choices.at(-1)) {
      if (last.next < last.guesses.length) return last;
      this.#choices.pop();
      this.#rollback(last.revision - 1);
      if (this.#deadEnds.size < MAX_REMEMBERED_DEAD_ENDS) this.#deadEnds.add(this.#situation());
    }
    return undefined;
  }

  #rollback(revision: number): void {
    this.#timeline.rollback(revision);
    this.#leases.rollback(revision);
    this.#assignments.rollback(revision);
  }

  /** Equal situations have equal futures: the revision, the keys, and what has been used up. */
  #situation(): string {
    const state = this.#timeline.all().map(describeKv);
    return JSON.stringify([this.#timeline.revision, this.#assignments.fingerprint(), state]);
  }

  #block(revision: number, rule: string, message: string, about?: HistoryEntry): Block {
    const around = [revision - 1, revision, revision + 1].flatMap((r) => [
      ...this.#evidence.witnesses(r),
      ...this.#history.writersOf(r),
    ]);
    const guesses = this.#choices.length === 0 ? '' : ' (whatever the unanswered operations did)';
    const entries = about === undefined ? around : [about, ...around];
    return { revision, ...violation(rule, message + guesses, entries) };
  }
}

interface Block {
  readonly revision: number;
  readonly violation: Violation;
}
