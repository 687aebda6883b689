import type { Rng } from '@etcd-ts/foundation';
import { edgeNumber, pick, randomLength } from './random-value.js';

/** As with bytes: what was valid must still be recognised. */
const MAX_MUTATIONS = 5;
/** A mutation may add this much. */
const MAX_ADDED_CHARACTERS = 256;

/** What formats give a meaning to, and what is hard to carry: controls, wide characters, halves of pairs. */
const CHARACTERS = [
  ...'aZ09 \t\r\n\0\u007f\u00e9\u4e2d',
  ...'"\'\\/{}[]()<>:;,.=&?#%+-_*@!|~`$^',
  '\u{1f600}',
  '\ud800',
  '\udfff',
  '\u2028',
  '\ufeff',
];

/** Up to `maxLength` characters of UTF-16, not always well formed. */
export function randomText(rng: Rng, maxLength: number): string {
  const plain = rng.below(2) === 0;
  return Array.from({ length: randomLength(rng, maxLength) }, () =>
    plain ? String.fromCharCode(97 + rng.below(26)) : pick(rng, CHARACTERS),
  ).join('');
}

/**
 * A few random changes to a text that was valid. `words` are those of its format: names of fields,
 * keywords, separators.
 */
export function mutateText(rng: Rng, text: string, words: readonly string[] = []): string {
  let mutated = text;
  for (let count = 1 + rng.below(MAX_MUTATIONS); count > 0; count--) {
    mutated = mutateOnce(rng, mutated, words);
  }
  return mutated;
}

/** What a parser should be fed: mostly a valid text changed, sometimes as it was, sometimes noise. */
export function anyText(rng: Rng, valid: string, words: readonly string[] = []): string {
  switch (rng.below(12)) {
    case 0:
      return valid;
    case 1:
      return randomText(rng, 100);
    default:
      return mutateText(rng, valid, words);
  }
}

function mutateOnce(rng: Rng, text: string, words: readonly string[]): string {
  const from = rng.below(text.length + 1);
  const to = Math.min(text.length, from + 1 + rng.below(rng.below(3) === 0 ? text.length + 1 : 6));
  const before = text.slice(0, from);
  const piece = text.slice(from, to);
  const after = text.slice(to);
  switch (rng.below(9)) {
    case 0:
      return before;
    case 1:
      return before + after;
    case 2:
      return before + piece.repeat(repeats(rng, piece)) + after;
    case 3:
      return before + randomText(rng, 8) + after;
    case 4:
      return before + pick(rng, CHARACTERS) + piece + after;
    case 5:
      return before + (words.length === 0 ? piece : pick(rng, words)) + after;
    case 6:
      return before + changeCase(piece) + after;
    case 7:
      return changeNumber(rng, text);
    default:
      return piece + before + after;
  }
}

function repeats(rng: Rng, piece: string): number {
  return Math.min(
    2 + rng.below(rng.below(8) === 0 ? 200 : 3),
    1 + MAX_ADDED_CHARACTERS / (piece.length + 1),
  );
}

function changeCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}

/** One of its numbers put at the edge of a range, or written in another way. */
function changeNumber(rng: Rng, text: string): string {
  const numbers = [...text.matchAll(/\d+/gu)];
  if (numbers.length === 0) return text;
  const { index, 0: digits } = pick(rng, numbers);
  const other = pick(rng, [
    String(edgeNumber(rng)),
    `0${digits}`,
    `${digits}.5`,
    `${digits}e${rng.below(400)}`,
    '9'.repeat(1 + rng.below(40)),
    '-0',
    'NaN',
  ]);
  return text.slice(0, index) + other + text.slice(index + digits.length);
}
