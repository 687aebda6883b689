import { ExitCode, ExitError } from '@etcd-ts/command-line';
import { carried } from '../word-bytes.js';

const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|([^'"\s]\S*)/gsu;
const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gsu;
const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** A line as words; throws ExitError for what is no escape of Go's. Single quotes hold what they hold, double quotes may have Go's escapes. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(WORD)].map(([, double, single, plain]) => {
    if (double !== undefined) return unescape(double);
    return single ?? plain ?? '';
  });
}

/** What a word in double quotes or back quotes stands for; undefined: no such word of Go's. */
export function unquoted(word: string): string | undefined {
  if (word.startsWith('`')) return word.slice(1, -1);
  try {
    return unescape(word.slice(1, -1));
  } catch {
    return undefined;
  }
}

function unescape(text: string): string {
  return text.replaceAll(ESCAPE, (_all, escape: string) => {
    const kind = escape.charAt(0);
    const code = Number.parseInt(escape.slice(1), 16);
    if (kind === 'x' && escape.length > 1) return carried(code);
    if ('uU'.includes(kind) && escape.length > 1) return character(code);
    if (/^[0-7]{3}$/u.test(escape)) return byte(Number.parseInt(escape, 8));
    const simple = escape.length === 1 ? SIMPLE[kind] : undefined;
    if (simple === undefined) throw invalid();
    return simple;
  });
}

const invalid = (): ExitError => new ExitError(ExitCode.invalidInput, 'invalid syntax');

/** Go takes neither half a pair of UTF-16 nor what is above all characters, and etcdctl ends. */
function character(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw invalid();
  return String.fromCodePoint(code);
}

function byte(code: number): string {
  if (code > 0xff) throw invalid();
  return carried(code);
}
