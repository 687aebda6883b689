import type { RevisionId } from '../backend.js';
import { Revision } from '@etcd-ts/foundation';

/**
 * The revisions of a key behind its newest one, ascending, two numbers each: main, and sub (its
 * complement, so negative, for a tombstone). A flat array, because most of the memory of a store
 * with a long history is here: an object per revision would take three times as much.
 */
export type KeyHistory = number[];

/** Arrays up to this length grow by exactly one revision: push() would reserve room for ten. */
const EXACT_GROWTH_NUMBERS = 32;

export function appendToHistory(
  history: KeyHistory | undefined,
  main: number,
  sub: number,
  tombstone: boolean,
): KeyHistory {
  const code = tombstone ? ~sub : sub;
  if (history === undefined) return [main, code];
  const length = history.length;
  if (length >= EXACT_GROWTH_NUMBERS) {
    history.push(main, code);
    return history;
  }
  const grown = new Array<number>(length + 2);
  for (let i = 0; i < length; i++) grown[i] = history[i] as number;
  grown[length] = main;
  grown[length + 1] = code;
  return grown;
}

/** The position (in numbers) of the newest revision at or below `revision`; -2 if there is none. */
export function newestAt(history: KeyHistory, revision: number): number {
  let low = 0;
  let high = history.length >>> 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((history[middle * 2] as number) <= revision) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * 2;
}

export function isTombstoneAt(history: KeyHistory, position: number): boolean {
  return (history[position + 1] as number) < 0;
}

export function revisionIdAt(history: KeyHistory, position: number): RevisionId {
  const code = history[position + 1] as number;
  return { main: Revision(history[position] as number), sub: code < 0 ? ~code : code };
}
