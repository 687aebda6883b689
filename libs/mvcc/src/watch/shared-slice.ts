import type { RevisionCommit } from '../watch-event.js';

/**
 * What a watcher wants of a slice of history. Watchers that want the same commits share one, and with
 * it one array, so that it is encoded once for all of them: a thousand watchers of one key that fell
 * behind together would otherwise cost as many copies of everything they missed.
 */
export class SharedSlice {
  readonly before: SharedSlice | undefined;
  /** Undefined: nothing is wanted yet. */
  readonly last: RevisionCommit | undefined;
  #next: SharedSlice | undefined;
  #others: Map<RevisionCommit, SharedSlice> | undefined;
  #commits: readonly RevisionCommit[] | undefined;

  constructor(before?: SharedSlice, last?: RevisionCommit) {
    this.before = before;
    this.last = last;
  }

  /** This slice and a commit more; the same one for the same commit. */
  with(commit: RevisionCommit): SharedSlice {
    // Mostly there is one way to go on, and a map for each commit would cost more than it saves.
    this.#next ??= new SharedSlice(this, commit);
    if (this.#next.last === commit) return this.#next;
    this.#others ??= new Map();
    let other = this.#others.get(commit);
    if (other === undefined) {
      other = new SharedSlice(this, commit);
      this.#others.set(commit, other);
    }
    return other;
  }

  /** In order. Made when it is asked for: most slices are only the beginning of a longer one. */
  get commits(): readonly RevisionCommit[] {
    return (this.#commits ??= commitsOf(this));
  }
}

function commitsOf(whole: SharedSlice): readonly RevisionCommit[] {
  const commits: RevisionCommit[] = [];
  let slice: SharedSlice | undefined = whole;
  while (slice?.last !== undefined) {
    commits.push(slice.last);
    slice = slice.before;
  }
  return commits.reverse();
}
