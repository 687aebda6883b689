import { unreachable } from '@etcd-ts/foundation';

import type { Verdict } from './verdict.js';
import { OK, violation } from './verdict.js';

/** A member's raft log, as far as it still has it. */
export interface LogView {
  readonly lastIndex: number;
  /** The term of the entry; undefined if compacted away or not there. */
  termAt(index: number): number | undefined;
}

/** What the simulator reports as it happens. Members are names; hashes any comparable digest. */
export type ClusterEvent =
  | { readonly kind: 'term'; readonly member: string; readonly term: number }
  | {
      readonly kind: 'voted';
      readonly member: string;
      readonly term: number;
      readonly candidate: string;
    }
  | {
      readonly kind: 'leader';
      readonly member: string;
      readonly term: number;
      readonly log: LogView;
    }
  /** An entry came into the member's log. `previousTerm` is that of the entry before it. */
  | {
      readonly kind: 'appended';
      readonly member: string;
      readonly index: number;
      readonly term: number;
      readonly previousTerm: number;
      readonly hash: number | string;
    }
  | { readonly kind: 'committed'; readonly member: string; readonly index: number }
  | {
      readonly kind: 'applied';
      readonly member: string;
      readonly index: number;
      readonly term: number;
      readonly hash: number | string;
      /** The store's revision after the entry: the same everywhere. */
      readonly revision?: number;
    }
  /** From a snapshot of another member, or what a restarted one found on its own disk. */
  | {
      readonly kind: 'restored';
      readonly member: string;
      readonly appliedIndex: number;
      readonly revision?: number;
      /** After a crash: what was only in memory (the commit index too) may be gone. */
      readonly afterCrash: boolean;
    }
  /** Its disk is gone: what comes under this name is a new member. */
  | { readonly kind: 'wiped'; readonly member: string }
  | {
      readonly kind: 'hash';
      readonly member: string;
      readonly revision: number;
      readonly compactRevision: number;
      readonly hash: number;
    };

interface MemberState {
  term: number;
  commit: number;
  applied: number;
  vote: { readonly term: number; readonly candidate: string } | undefined;
}

interface LogEntry {
  readonly term: number;
  readonly previousTerm: number;
  readonly hash: number | string;
  readonly member: string;
}

interface AppliedEntry {
  readonly term: number;
  readonly hash: number | string;
  readonly revision: number | undefined;
  readonly member: string;
}

export interface ClusterObserverOptions {
  /** So many log indexes below the newest are remembered. */
  readonly window?: number;
}

/** Far more than members of a test ever lag behind each other, in about 20 MiB. */
const DEFAULT_WINDOW = 50_000;
/** Terms and hashes to remember; elections and hash rounds are rare. */
const MAX_REMEMBERED = 10_000;

/**
 * The safety properties of raft (figure 3 of the paper) and of the replicated store, checked event
 * by event in O(1) and bounded memory. After a violation every answer is that violation.
 */
export class ClusterObserver {
  readonly #window: number;
  readonly #members = new Map<string, MemberState>();
  readonly #leaders = new Map<number, string>();
  /** Every entry that ever was in any log, by index, then term. */
  readonly #log = new Map<number, Map<number, LogEntry>>();
  readonly #applied = new Map<number, AppliedEntry>();
  readonly #hashes = new Map<string, { readonly hash: number; readonly member: string }>();
  /** The highest index any member knew to be committed, with its term if it was applied. */
  #committed: { readonly index: number; readonly term: number } = { index: 0, term: 0 };
  #oldestIndex = 1;
  #verdict: Verdict = OK;

  constructor(options: ClusterObserverOptions = {}) {
    this.#window = options.window ?? DEFAULT_WINDOW;
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  observe(event: ClusterEvent): Verdict {
    if (this.#verdict.kind === 'ok') this.#verdict = this.#judge(event);
    return this.#verdict;
  }

  #judge(event: ClusterEvent): Verdict {
    switch (event.kind) {
      case 'term':
        return this.#term(event.member, event.term);
      case 'voted':
        return this.#voted(event);
      case 'leader':
        return this.#leader(event);
      case 'appended':
        return this.#appended(event);
      case 'committed':
        return this.#commit(event.member, event.index);
      case 'applied':
        return this.#apply(event);
      case 'restored':
        return this.#restored(event);
      case 'wiped':
        this.#members.delete(event.member);
        return OK;
      case 'hash':
        return this.#hash(event);
      default:
        return unreachable(event, 'cluster event');
    }
  }

  /** A term is durable before it is acted on, so it survives crashes. */
  #term(member: string, term: number): Verdict {
    const state = this.#stateOf(member);
    if (term < state.term) {
      return violation('term-went-back', `${member} went from term ${state.term} to ${term}`);
    }
    state.term = term;
    return OK;
  }

  #voted({ member, term, candidate }: ClusterEvent & { kind: 'voted' }): Verdict {
    const { vote } = this.#stateOf(member);
    if (
      vote !== undefined &&
      (term < vote.term || (term === vote.term && candidate !== vote.candidate))
    ) {
      const message = `${member} voted for ${candidate} in term ${term}, and for ${vote.candidate} in ${vote.term}`;
      return violation('two-votes', message);
    }
    this.#stateOf(member).vote = { term, candidate };
    return this.#term(member, term);
  }

  #leader({ member, term, log }: ClusterEvent & { kind: 'leader' }): Verdict {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== member) {
      return violation('two-leaders', `${other} and ${member} both lead in term ${term}`);
    }
    this.#leaders.set(term, member);
    dropOldest(this.#leaders, MAX_REMEMBERED);
    // Leader completeness. By log matching it is enough that the newest committed entry is there.
    const { index, term: committedTerm } = this.#committed;
    if (committedTerm < term) {
      const own = log.termAt(index);
      if (log.lastIndex < index || (own !== undefined && own !== committedTerm)) {
        const message = `${member} leads in term ${term} without entry ${index} of term ${committedTerm}, which was committed`;
        return violation('leader-incomplete', message);
      }
    }
    return this.#term(member, term);
  }

  /** Log matching: an index and a term name one entry, and with it everything before. */
  #appended(event: ClusterEvent & { kind: 'appended' }): Verdict {
    const { member, index, term, previousTerm, hash } = event;
    if (index < this.#oldestIndex) return OK;
    let terms = this.#log.get(index);
    if (terms === undefined) this.#log.set(index, (terms = new Map()));
    const known = terms.get(term);
    if (known === undefined) {
      terms.set(term, { term, previousTerm, hash, member });
      this.#forget(index);
      return OK;
    }
    if (known.hash === hash && known.previousTerm === previousTerm) return OK;
    const what = known.hash === hash ? 'follows different entries' : 'differs';
    return violation(
      'log-mismatch',
      `entry ${index} of term ${term} ${what} on ${known.member} and ${member}`,
    );
  }

  #commit(member: string, index: number): Verdict {
    const state = this.#stateOf(member);
    if (index < state.commit) {
      return violation(
        'commit-went-back',
        `${member} went from commit ${state.commit} to ${index}`,
      );
    }
    state.commit = index;
    return OK;
  }

  /** State-machine safety: every member applies the same entry at an index, one after the other. */
  #apply(event: ClusterEvent & { kind: 'applied' }): Verdict {
    const { member, index, term, hash, revision } = event;
    const state = this.#stateOf(member);
    if (index !== state.applied + 1) {
      return violation('applied-order', `${member} applied ${index} after ${state.applied}`);
    }
    state.applied = index;
    const known = this.#applied.get(index);
    if (known === undefined) {
      if (index >= this.#oldestIndex) this.#applied.set(index, { term, hash, revision, member });
      if (index > this.#committed.index) this.#committed = { index, term };
      this.#forget(index);
      return OK;
    }
    if (known.term !== term || known.hash !== hash) {
      return violation(
        'applied-differs',
        `${known.member} and ${member} applied different entries at ${index}`,
      );
    }
    return this.#sameRevision(index, revision, member);
  }

  /** What is on disk is one moment of the history: its index and its revision belong together. */
  #restored(event: ClusterEvent & { kind: 'restored' }): Verdict {
    const { member, appliedIndex, revision, afterCrash } = event;
    const state = this.#stateOf(member);
    if (afterCrash) state.commit = 0;
    else if (appliedIndex < state.applied) {
      const message = `${member} went back from ${state.applied} to a snapshot at ${appliedIndex}`;
      return violation('applied-order', message);
    }
    state.applied = appliedIndex;
    return this.#sameRevision(appliedIndex, revision, member);
  }

  #sameRevision(index: number, revision: number | undefined, member: string): Verdict {
    const known = this.#applied.get(index);
    if (known?.revision === undefined || revision === undefined) return OK;
    if (known.revision === revision) return OK;
    const message = `after entry ${index} the revision is ${known.revision} on ${known.member}, ${revision} on ${member}`;
    return violation('revision-differs', message);
  }

  #hash({ member, revision, compactRevision, hash }: ClusterEvent & { kind: 'hash' }): Verdict {
    const key = `${revision}/${compactRevision}`;
    const known = this.#hashes.get(key);
    if (known !== undefined && known.hash !== hash) {
      const message = `at revision ${revision}, compacted at ${compactRevision}, ${known.member} has ${known.hash}, ${member} ${hash}`;
      return violation('hash-differs', message);
    }
    this.#hashes.set(key, known ?? { hash, member });
    dropOldest(this.#hashes, MAX_REMEMBERED);
    return OK;
  }

  #stateOf(member: string): MemberState {
    const known = this.#members.get(member);
    if (known !== undefined) return known;
    const state: MemberState = { term: 0, commit: 0, applied: 0, vote: undefined };
    this.#members.set(member, state);
    return state;
  }

  #forget(newest: number): void {
    for (; this.#oldestIndex <= newest - this.#window; this.#oldestIndex++) {
      this.#log.delete(this.#oldestIndex);
      this.#applied.delete(this.#oldestIndex);
    }
  }
}

/** Maps keep the order of insertion, so the first is the oldest. */
function dropOldest<K>(map: Map<K, unknown>, limit: number): void {
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
