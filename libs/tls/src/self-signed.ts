import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger } from '@etcd-ts/foundation';

import type { KeyPairFiles } from './key-pair.js';
import { issueCertificate } from './making/issue-certificate.js';
import { TlsFileError, unreadable } from './tls-file-error.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

export interface SelfSignedOptions {
  /** Made if it is missing; `cert.pem` and `key.pem` go there. */
  readonly directory: string;
  /** Host names and IP addresses the certificate is for. */
  readonly hosts: readonly string[];
  readonly validityYears: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The certificate of auto-tls: the one in the directory, or a new one, ECDSA over P-521 as the
 * original makes it. An existing one is taken as it is, expired or not: others may have been told
 * to trust it. Throws TlsFileError.
 */
export async function selfSignedCertificate(options: SelfSignedOptions): Promise<KeyPairFiles> {
  const { directory, validityYears, clock, logger } = options;
  const files = {
    certificateFile: join(directory, 'cert.pem'),
    keyFile: join(directory, 'key.pem'),
  };
  if (existsSync(files.certificateFile) && existsSync(files.keyFile)) return files;
  if (validityYears === 0) {
    throw new TlsFileError('selfSignedCertValidity is invalid,it should be greater than 0');
  }
  const notBefore = new Date(clock.wallMs());
  const notAfter = new Date(clock.wallMs() + validityYears * 365 * DAY_MS);
  if (Number.isNaN(notAfter.getTime()) || notAfter.getUTCFullYear() > 9999) {
    throw new TlsFileError(`a certificate cannot be valid for ${validityYears} years`);
  }
  logger.warn('automatically generate certificates', {
    'certificate-validity-bound-not-after': notAfter.toISOString(),
  });
  const { certificate, key } = await issueCertificate({
    organization: 'etcd',
    hosts: options.hosts,
    notBefore,
    notAfter,
    curve: 'P-521',
  });
  try {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
    write(files.certificateFile, certificate);
    logger.info('created cert file', { path: files.certificateFile });
    write(files.keyFile, key);
    logger.info('created key file', { path: files.keyFile });
  } catch (error) {
    throw unreadable(directory, error);
  }
  return files;
}

/** Half a pair of files that is left over may have another mode; it is narrowed before it is filled. */
function write(path: string, text: string): void {
  writeFileSync(path, '', { mode: FILE_MODE });
  chmodSync(path, FILE_MODE);
  writeFileSync(path, text);
}
