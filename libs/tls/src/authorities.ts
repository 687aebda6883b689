import { parseCertificate } from './key-pair.js';
import { pemBlocks } from './pem.js';
import { TlsFileError } from './tls-file-error.js';

/**
 * The certificates of a bundle of authorities, PEM. Throws TlsFileError when there is none, where
 * the original goes on and trusts nobody: Node takes an empty list for "the authorities of the
 * public web", so an empty file would let in whoever has a certificate of any of those.
 */
export function readAuthorities(
  file: string,
  read: (path: string) => string,
): readonly [string, ...string[]] {
  const [first, ...rest] = pemBlocks(read(file)).filter(({ type }) => type === 'CERTIFICATE');
  if (first === undefined) {
    throw new TlsFileError(`no certificate of an authority in the trusted CA file ${file}`);
  }
  for (const block of [first, ...rest]) parseCertificate(block, file);
  return [first.text, ...rest.map(({ text }) => text)];
}
