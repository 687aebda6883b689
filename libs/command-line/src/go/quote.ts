/** Unicode's letters, marks, numbers, punctuation and symbols, and the plain space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** As Go's %q prints a string, which may be any bytes (strconv.Quote). */
export function quote(text: string | Buffer): string {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  let quoted = '"';
  for (let at = 0; at < bytes.length;) {
    const length = runeLength(bytes, at);
    if (length === 0) {
      quoted += `\\x${hex(bytes[at++] ?? 0, 2)}`;
      continue;
    }
    quoted += quoteRune(bytes.toString('utf8', at, at + length));
    at += length;
  }
  return `${quoted}"`;
}

function quoteRune(rune: string): string {
  const escaped = ESCAPES[rune];
  if (escaped !== undefined) return escaped;
  if (PRINTABLE.test(rune)) return rune;
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** Of the UTF-8 sequence that begins there; 0: what is there is none. */
function runeLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const candidate = bytes.subarray(at, at + length);
  // Overlong forms and surrogates do not survive the way there and back.
  const isRune =
    candidate.length === length && Buffer.from(candidate.toString('utf8')).equals(candidate);
  return isRune && [...candidate.toString('utf8')].length === 1 ? length : 0;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
