import type { SecureContext } from 'node:tls';
import { badArguments } from '@etcd-ts/command-line';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { dialerCredentials, TlsFileError } from '@etcd-ts/tls';
import type { DialerFiles } from '@etcd-ts/tls';
import { ownAuthorities } from './extra-authorities.js';

export type TlsFiles = Pick<DialerFiles, 'certFile' | 'keyFile' | 'trustedCaFile'>;

/** What the files say, which a command reads once; throws what the original says of them. */
export function readSecureContext(files: TlsFiles): SecureContext {
  try {
    return dialerCredentials(
      { ...files, authorities: ownAuthorities(), mustBeNameless: false },
      SILENT_LOGGER,
    ).current.client;
  } catch (error) {
    throw error instanceof TlsFileError ? badArguments(error.reason) : error;
  }
}
