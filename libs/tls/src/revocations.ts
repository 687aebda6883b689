import { DER_TAGS, DerError, readDer } from './der.js';
import type { DerElement } from './der.js';
import { pemBlocks, pemBytes } from './pem.js';
import { TlsFileError } from './tls-file-error.js';

/** Serial numbers of revoked certificates: hexadecimal, lower case, without leading zeros. */
export type Revocations = ReadonlySet<string>;

export const normalSerial = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/u, '');

/**
 * The serial numbers of a certificate revocation list (RFC 5280, section 5), DER or PEM; of several
 * lists in one file, all of them. Like the original this asks neither who signed the list nor until
 * when it is good: the file is the operator's own word, and an old list revokes more than none.
 */
export function readRevocations(file: string, read: (path: string) => Buffer): Revocations {
  const bytes = read(file);
  const blocks = pemBlocks(bytes.toString('latin1')).filter(({ type }) => type === 'X509 CRL');
  const lists = blocks.length > 0 ? blocks.map(pemBytes) : [bytes];
  return new Set(lists.flatMap((list) => revokedIn(list, file)));
}

function revokedIn(list: Buffer, file: string): readonly string[] {
  try {
    return [...serialsIn(list)];
  } catch (error) {
    if (error instanceof DerError) throw new TlsFileError('x509: malformed crl', file);
    throw error;
  }
}

function* serialsIn(bytes: Buffer): Iterable<string> {
  const [list, ...more] = readDer(bytes);
  if (list?.tag !== DER_TAGS.sequence || more.length > 0) throw new DerError('no list');
  const [body] = readDer(list.content);
  if (body?.tag !== DER_TAGS.sequence) throw new DerError('no list');
  const parts = [...readDer(body.content)];
  if (parts[0]?.tag === DER_TAGS.integer) parts.shift();
  const [algorithm, issuer, updated, ...rest] = parts;
  const isHead = algorithm?.tag === DER_TAGS.sequence && issuer?.tag === DER_TAGS.sequence;
  if (!isHead || !isTime(updated)) throw new DerError('no list');
  if (isTime(rest[0])) rest.shift();
  const [revoked] = rest;
  // What may stand here instead, the extensions, has a tag of its own.
  if (revoked?.tag !== DER_TAGS.sequence) return;
  for (const entry of readDer(revoked.content)) {
    const [serial] = entry.tag === DER_TAGS.sequence ? readDer(entry.content) : [];
    if (serial?.tag !== DER_TAGS.integer) throw new DerError('no serial number');
    yield normalSerial(serial.content.toString('hex'));
  }
}

const isTime = (part: DerElement | undefined): boolean =>
  part?.tag === DER_TAGS.utcTime || part?.tag === DER_TAGS.generalizedTime;
