import type { HeaderField } from './hpack/header-field.js';

/** Of HTTP/1, and meaningless or dangerous here (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
const REQUEST_PSEUDO_FIELDS: ReadonlySet<string> = new Set([
  ':method',
  ':scheme',
  ':path',
  ':authority',
]);

/** tchar of RFC 9110 without upper case, which HTTP/2 forbids. */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/u;
// What could end a field where the value is written out as HTTP/1 (RFC 9113, section 8.2.1).
const isForbidden = (code: number): boolean => code === 0 || code === 10 || code === 13;

/** Whether these can be the fields of a request (RFC 9113, sections 8.2 and 8.3.1). */
export function areRequestFields(fields: readonly HeaderField[]): boolean {
  const pseudo = new Set<string>();
  let regular = false;
  for (const { name, value } of fields) {
    if (hasForbidden(value)) return false;
    if (name.startsWith(':')) {
      if (regular || pseudo.has(name) || !REQUEST_PSEUDO_FIELDS.has(name)) return false;
      pseudo.add(name);
      continue;
    }
    regular = true;
    if (!FIELD_NAME.test(name) || CONNECTION_FIELDS.has(name)) return false;
    if (name === 'te' && value !== 'trailers') return false;
  }
  return pseudo.has(':method') && pseudo.has(':scheme') && pseudo.has(':path');
}

function hasForbidden(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (isForbidden(value.charCodeAt(i))) return true;
  return false;
}
