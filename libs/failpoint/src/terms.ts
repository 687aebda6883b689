/** What a term does when its turn has come, and with what. */
export type Action = 'off' | 'return' | 'sleep' | 'panic' | 'print';

/** Absent: none was given. */
export type TermValue = number | string | boolean | undefined;

export interface Term {
  readonly action: Action;
  readonly value: TermValue;
  /** All must allow it; each is asked in turn, and a count is used up by being asked. */
  readonly modes: readonly Mode[];
}

export type Mode =
  { readonly kind: 'count'; left: number } | { readonly kind: 'chance'; readonly share: number };

const MODE = /^(?:(\d+)\*|(\d+\.\d*)%)/u;
const ACTION = /^(off|return|sleep|panic|print)/u;
const VALUE = /^\((?:(-?\d+)|"((?:[^"\\]|\\.)*)"|(true|false)|)\)/u;

/**
 * gofail's terms: `panic`, `1*sleep(100)`, `50.0%panic`, `2*return("a")->1*return("b")`. A share needs
 * its point, as in gofail. Undefined when the text is no list of terms. `break`, which starts a
 * debugger of Go programs there, is none here.
 */
export function parseTerms(text: string): readonly Term[] | undefined {
  const terms = text.split('->').map(parseTerm);
  return terms.every((term) => term !== undefined) ? terms : undefined;
}

function parseTerm(text: string): Term | undefined {
  let rest = text;
  const modes: Mode[] = [];
  for (let match = MODE.exec(rest); match !== null; match = MODE.exec(rest)) {
    const [whole, count, share] = match;
    if (count === undefined) modes.push({ kind: 'chance', share: Number(share) / 100 });
    else modes.push({ kind: 'count', left: Number(count) });
    rest = rest.slice(whole.length);
  }
  const action = ACTION.exec(rest)?.[1] as Action | undefined;
  if (action === undefined) return undefined;
  rest = rest.slice(action.length);
  if (rest === '') return { action, value: undefined, modes };
  const value = VALUE.exec(rest);
  if (value?.[0] !== rest) return undefined;
  return { action, value: valueOf(value), modes };
}

function valueOf([, integer, text, flag]: RegExpExecArray): TermValue {
  if (integer !== undefined) return Number(integer);
  if (text !== undefined) return text.replace(/\\(.)/gu, '$1');
  return flag === undefined ? undefined : flag === 'true';
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `sleep(10)` is in milliseconds, `sleep("1.5s")` a duration of Go. Undefined when it is neither. */
export function sleepMs(value: TermValue): number | undefined {
  if (typeof value === 'number') return Math.max(0, value);
  if (typeof value !== 'string') return undefined;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gu)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) return undefined;
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0),
    0,
  );
}
