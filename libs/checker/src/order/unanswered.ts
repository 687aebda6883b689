import type { HistoryEntry } from '../history.js';
import { isSingleKey } from '../key-range.js';
import { isKvOperation } from '../operation.js';
import type { KvOperation } from '../operation.js';
import type { Change } from '../timeline.js';
import { mayMakeRevision } from './placement.js';

/** Operations without an answer that say the same: which of them took effect makes no difference. */
export interface Likes {
  readonly operation: KvOperation;
  /** The earliest invoked first: whatever fits the second also fits the first. */
  readonly entries: readonly HistoryEntry[];
}

/** The operations without an answer, by what they might change. */
export class Unanswered {
  readonly #all: Likes[] = [];
  readonly #byClue = new Map<string, Likes[]>();
  /** Those whose changes cannot be read off the request alone. */
  readonly #wide: Likes[] = [];
  readonly #earliest: ReadonlyMap<number, number>;

  constructor(entries: readonly HistoryEntry[], earliestRevision: ReadonlyMap<number, number>) {
    this.#earliest = earliestRevision;
    const groups = new Map<string, { operation: KvOperation; entries: HistoryEntry[] }>();
    for (const entry of entries) {
      const { operation, outcome } = entry;
      if (outcome.kind !== 'unknown' || !isKvOperation(operation)) continue;
      if (!mayMakeRevision(operation)) continue;
      const text = JSON.stringify(operation, (_name, field: unknown) =>
        typeof field === 'bigint' ? `${field}n` : field,
      );
      const group = groups.get(text);
      if (group === undefined) groups.set(text, { operation, entries: [entry] });
      else group.entries.push(entry);
    }
    for (const { operation, entries: alike } of groups.values()) {
      alike.sort((a, b) => a.invokedAt - b.invokedAt);
      this.#file({ operation, entries: alike });
    }
  }

  /** Those that may have made this revision, used up or not, going by one change (if known). */
  candidates(revision: number, clue: Change | undefined): Likes[] {
    const fitting =
      clue === undefined
        ? this.#all
        : [...(this.#byClue.get(clueOf(clue.key, clue.kv?.value)) ?? []), ...this.#wide];
    return fitting.filter((likes) => this.inTime(likes, 0, revision));
  }

  /** Whether there are so many of a kind, and this one of them was invoked before the revision. */
  inTime({ entries }: Likes, position: number, revision: number): boolean {
    const entry = entries[position];
    return entry !== undefined && (this.#earliest.get(entry.id) ?? 0) <= revision;
  }

  #file(likes: Likes): void {
    this.#all.push(likes);
    const clues = new Set<string>();
    if (!collectClues(likes.operation, clues)) this.#wide.push(likes);
    else for (const clue of clues) addTo(this.#byClue, clue, likes);
  }
}

/** False if the operation may make changes that are not among the clues. */
function collectClues(operation: KvOperation, clues: Set<string>): boolean {
  switch (operation.kind) {
    case 'range':
      return true;
    case 'put':
      clues.add(clueOf(operation.key, operation.value));
      return operation.ignoreValue !== true;
    case 'deleteRange':
      clues.add(clueOf(operation.key, undefined));
      return isSingleKey(operation);
    case 'txn':
      return [...operation.success, ...operation.failure]
        .map((part) => collectClues(part, clues))
        .every(Boolean);
  }
}

function clueOf(key: string, value: string | undefined): string {
  return value === undefined ? `d${key}` : `p${key}\0${value}`;
}

function addTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
