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
};

/** A line as words: single quotes hold what they hold, double quotes may have Go's escapes. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(WORD)].map(([, double, single, plain]) => {
    if (double !== undefined) return unescape(double);
    return single ?? plain ?? '';
  });
}

function unescape(text: string): string {
  return text.replaceAll(ESCAPE, (_all, escape: string) => {
    const kind = escape.charAt(0);
    if ('xuU'.includes(kind) && escape.length > 1) {
      return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    }
    if (/^[0-7]{3}$/u.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
    return SIMPLE[kind] ?? escape;
  });
}
