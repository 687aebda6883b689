import { fromBER, GeneralizedTime, Integer, Sequence, UTCTime } from 'asn1js';

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
  return new Set(lists.flatMap((list) => [...revokedIn(list, file)]));
}

function* revokedIn(der: Buffer, file: string): Iterable<string> {
  const malformed = (): TlsFileError => new TlsFileError(`x509: malformed crl (${file})`);
  const { result, offset } = parsed(der, malformed);
  const [list] = offset === -1 || !(result instanceof Sequence) ? [] : result.valueBlock.value;
  if (!(list instanceof Sequence)) throw malformed();
  const parts = [...list.valueBlock.value];
  if (parts[0] instanceof Integer) parts.shift();
  const [algorithm, issuer, updated, ...rest] = parts;
  if (!(algorithm instanceof Sequence && issuer instanceof Sequence && isTime(updated))) {
    throw malformed();
  }
  if (isTime(rest[0])) rest.shift();
  const [revoked] = rest;
  // What may stand here instead, the extensions, has a tag of its own.
  if (!(revoked instanceof Sequence)) return;
  for (const entry of revoked.valueBlock.value) {
    const [serial] = entry instanceof Sequence ? entry.valueBlock.value : [];
    if (!(serial instanceof Integer)) throw malformed();
    yield normalSerial(Buffer.from(serial.valueBlock.valueHexView).toString('hex'));
  }
}

function parsed(der: Buffer, malformed: () => TlsFileError): ReturnType<typeof fromBER> {
  try {
    return fromBER(der);
  } catch {
    throw malformed();
  }
}

const isTime = (part: unknown): boolean =>
  part instanceof UTCTime || part instanceof GeneralizedTime;
