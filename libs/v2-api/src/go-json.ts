/**
 * A JSON string with Go's choice of escapes. U+FFFD is escaped because Go escapes it where bytes
 * were no UTF-8, which is where nearly all of them come from.
 */
export function goString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const quoted = JSON.stringify(text);
  // Backspace and form feed are `\b` and `\f` in JSON.stringify, and six characters in Go.
  return quoted.replace(
    /\\[bf\\"]|[<>&\u2028\u2029\ufffd]/gu,
    (found) => GO_ESCAPES[found] ?? found,
  );
}

/** What no JSON escapes. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/u;

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '\\b': '\\u0008',
  '\\f': '\\u000c',
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
  '\ufffd': '\\ufffd',
};

/** null for Go's nil slice, which is not the same as an empty one. */
export function goStrings(list: readonly string[] | null): string {
  return list === null ? 'null' : `[${list.map(goString).join(',')}]`;
}
