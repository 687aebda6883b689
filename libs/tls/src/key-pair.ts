import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { pemBlocks } from './pem.js';
import type { PemBlock } from './pem.js';
import { TlsFileError } from './tls-file-error.js';

/** A certificate with the chain above it, and the key that belongs to it; both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface KeyPairFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Throws TlsFileError, in Go's words and with the file they are about. */
export function readKeyPair(
  { certificateFile, keyFile }: KeyPairFiles,
  read: (path: string) => string,
): KeyPair {
  const chain = certificateBlocks(read(certificateFile), certificateFile);
  const block = keyBlock(read(keyFile), keyFile);
  const key = parseKey(block, keyFile);
  const [leaf] = chain.map((certificate) => parseCertificate(certificate, certificateFile));
  if (leaf === undefined || !leaf.checkPrivateKey(key)) {
    throw new TlsFileError(
      'tls: private key does not match public key',
      `${keyFile}, ${certificateFile}`,
    );
  }
  return { certificate: chain.map(({ text }) => text).join(''), key: block.text };
}

export function parseCertificate({ text }: PemBlock, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new TlsFileError('x509: malformed certificate', `${file}: ${messageOf(error)}`);
  }
}

const isCertificate = ({ type }: PemBlock): boolean => type === 'CERTIFICATE';
const isKey = ({ type }: PemBlock): boolean =>
  type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY');

function certificateBlocks(text: string, file: string): readonly PemBlock[] {
  const blocks = pemBlocks(text);
  const certificates = blocks.filter(isCertificate);
  if (certificates.length > 0) return certificates;
  if (blocks.length === 0) {
    throw new TlsFileError('tls: failed to find any PEM data in certificate input', file);
  }
  if (blocks.some(isKey)) {
    throw new TlsFileError(
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
      file,
    );
  }
  throw new TlsFileError(
    `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${typesOf(blocks)}]`,
    file,
  );
}

function keyBlock(text: string, file: string): PemBlock {
  const blocks = pemBlocks(text);
  const key = blocks.find(isKey);
  if (key !== undefined) return key;
  if (blocks.length === 0) {
    throw new TlsFileError('tls: failed to find any PEM data in key input', file);
  }
  if (blocks.some(isCertificate)) {
    throw new TlsFileError(
      'tls: found a certificate rather than a key in the PEM for the private key',
      file,
    );
  }
  throw new TlsFileError(
    `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${typesOf(blocks)}]`,
    file,
  );
}

const typesOf = (blocks: readonly PemBlock[]): string => blocks.map(({ type }) => type).join(' ');

function parseKey(block: PemBlock, file: string): KeyObject {
  // A node starts without anybody there to type a password, so a key under one cannot be used.
  if (block.type.startsWith('ENCRYPTED ') || /^Proc-Type:.*ENCRYPTED/mu.test(block.text)) {
    throw new TlsFileError('tls: failed to parse private key', `${file} is encrypted`);
  }
  try {
    return createPrivateKey(block.text);
  } catch {
    // The reason is left out: it could quote what must not be in a log.
    throw new TlsFileError('tls: failed to parse private key', file);
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
