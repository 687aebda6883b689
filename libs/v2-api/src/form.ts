import { percentDecoded } from './target.js';

/** The values of each name, in order: those of the body before those of the query. */
export type Form = ReadonlyMap<string, readonly string[]>;

export type FormOutcome =
  | { readonly kind: 'form'; readonly form: Form }
  | { readonly kind: 'malformed'; readonly message: string };

/** More pairs in one form are refused: etcd knows a dozen names. */
export const MAX_FORM_PAIRS = 1000;

/** Each part with one character for each byte. A body's fault is told before the query's. */
export function parseForm(body: string | undefined, query: string): FormOutcome {
  const form = new Map<string, string[]>();
  const faults = [body === undefined ? undefined : addPairs(form, body), addPairs(form, query)];
  const message = faults.find((fault) => fault !== undefined);
  return message === undefined ? { kind: 'form', form } : { kind: 'malformed', message };
}

/** In Go's words: the last semicolon hides what was wrong before it, the first bad escape stays. */
function addPairs(form: Map<string, string[]>, text: string): string | undefined {
  let fault: string | undefined;
  let pairs = 0;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    if (++pairs > MAX_FORM_PAIRS) return 'too many form fields';
    if (pair.includes(';')) {
      fault = 'invalid semicolon separator in query';
      continue;
    }
    const equals = pair.indexOf('=');
    const rawName = equals === -1 ? pair : pair.slice(0, equals);
    const rawValue = equals === -1 ? '' : pair.slice(equals + 1);
    const name = unescapeQuery(rawName);
    const value = unescapeQuery(rawValue);
    if (name === undefined || value === undefined) {
      fault ??= badEscape(name === undefined ? rawName : rawValue);
      continue;
    }
    const values = form.get(name);
    if (values === undefined) form.set(name, [value]);
    else values.push(value);
  }
  return fault;
}

/** What stands for itself. */
const PLAIN = /^[ -$&-*,-~]*$/u;

function unescapeQuery(text: string): string | undefined {
  if (PLAIN.test(text)) return text;
  return percentDecoded(text.replaceAll('+', ' '))?.toString('utf8');
}

function badEscape(text: string): string {
  const at = /%(?![0-9a-fA-F]{2})/u.exec(text)?.index ?? 0;
  return `invalid URL escape "${text.slice(at, at + 3)}"`;
}

export type FormKind =
  | { readonly kind: 'form' }
  /** Not ours to read: the body counts for nothing. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed'; readonly message: string };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const PARAMETER =
  /^\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*")\s*$/u;

/** Whether a body of this Content-Type is a form, as Go decides it. */
export function formKind(contentType: string | undefined): FormKind {
  if (contentType === undefined || contentType === '') return { kind: 'other' };
  const [raw = '', ...parameters] = contentType.split(';');
  const type = raw.trim().toLowerCase();
  if (type === '') return { kind: 'malformed', message: 'mime: no media type' };
  const [major = '', minor, ...more] = type.split('/');
  if (!TOKEN.test(major)) return { kind: 'malformed', message: 'mime: expected token after slash' };
  if (minor !== undefined && (more.length > 0 || !TOKEN.test(minor))) {
    return { kind: 'malformed', message: 'mime: unexpected content after media subtype' };
  }
  // One empty parameter at the end is a semicolon too many, which Go forgives.
  const wrong = parameters.some(
    (each, at) => !PARAMETER.test(each) && !(each.trim() === '' && at === parameters.length - 1),
  );
  if (wrong) return { kind: 'malformed', message: 'mime: invalid media parameter' };
  return { kind: type === 'application/x-www-form-urlencoded' ? 'form' : 'other' };
}
