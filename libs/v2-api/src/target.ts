/** Where a request goes. */
export interface Target {
  /** Percent escapes decoded; bytes that are no UTF-8 became U+FFFD. */
  readonly path: string;
  /** As it came, without the question mark. */
  readonly query: string;
  /** The clean path in escaped form, with the query: undefined if the path is clean already. */
  readonly cleanLocation: string | undefined;
}

/** Nothing to decode, nothing to take out: segments that begin with no dot, a slash at most after each. */
const CLEAN = /^(?:\/[!"#$&-\-0-~][!-$&-.0-~]*)+\/?$/u;

/** `raw` is what Node has of the request line: one character for each byte. Undefined: malformed. */
export function parseTarget(raw: string): Target | undefined {
  // Absolute form, as a proxy sends it: only what comes after the authority counts.
  const relative = raw.startsWith('/') ? raw : raw.replace(/^https?:\/\/[^/?]*/iu, '') || '/';
  const mark = relative.indexOf('?');
  const rawPath = mark === -1 ? relative : relative.slice(0, mark);
  const query = mark === -1 ? '' : relative.slice(mark + 1);
  if (!rawPath.startsWith('/')) return undefined;
  if (CLEAN.test(rawPath)) return { path: rawPath, query, cleanLocation: undefined };
  const bytes = percentDecoded(rawPath);
  if (bytes === undefined) return undefined;
  const dirty = bytes.toString('latin1');
  const clean = cleanSegments(dirty);
  const cleanLocation =
    clean === dirty ? undefined : escapePath(clean) + (mark === -1 ? '' : `?${query}`);
  return { path: bytes.toString('utf8'), query, cleanLocation };
}

/** Undefined: a percent sign without two hexadecimal digits. */
export function percentDecoded(text: string): Buffer | undefined {
  if (!text.includes('%')) return Buffer.from(text, 'latin1');
  if (/%(?![0-9a-fA-F]{2})/u.test(text)) return undefined;
  const decoded = text.replace(/%(..)/gu, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1');
}

/** Without empty, `.` and `..` segments; a slash at the end stays. */
function cleanSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  const slash = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${slash}`;
}

/** One character for each byte in; what Go's net/url leaves alone in a path stays. */
function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~$&+,/:;=@]/gu, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

export function escapeHtml(raw: string): string {
  return raw.replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? character);
}
