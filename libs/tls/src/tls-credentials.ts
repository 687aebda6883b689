import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { Logger } from '@etcd-ts/foundation';

import { readAuthorities } from './authorities.js';
import { FileWatch } from './file-watch.js';
import { readKeyPair } from './key-pair.js';
import type { KeyPairFiles } from './key-pair.js';
import { readRevocations } from './revocations.js';
import type { Revocations } from './revocations.js';
import { TlsFileError, unreadable } from './tls-file-error.js';
import type { TlsSettings } from './tls-settings.js';

/** Revoked serial numbers, or why they are not known: then no certificate can be believed. */
export type RevocationState =
  | { readonly kind: 'known'; readonly serials: Revocations }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What the files said when they were last read without a fault. */
export interface LoadedTls {
  /** Grows with every reload. */
  readonly version: number;
  readonly server: SecureContextOptions;
  readonly client: SecureContext;
}

/**
 * The certificates, keys, authorities and revocations of one kind of connections. Files that change
 * are read again before the next connection in either direction; those that stand go on as they are.
 *
 * A set of files that does not fit together (a certificate that was replaced a moment before its
 * key) leaves the set before it in force, with a warning. A list of revocations is the exception:
 * what it would have said is not known, so until it can be read nobody with a certificate gets in.
 */
export class TlsCredentials {
  readonly settings: TlsSettings;
  readonly #logger: Logger;
  readonly #files: FileWatch;
  readonly #crl: FileWatch;
  #loaded: LoadedTls;
  #revocations: RevocationState;

  /** Throws TlsFileError: nothing is in force yet that a fault could leave there. */
  constructor(settings: TlsSettings, logger: Logger) {
    this.settings = settings;
    this.#logger = logger;
    const { served, shown, trustedCaFile, crlFile } = settings;
    this.#files = new FileWatch([
      served?.certificateFile,
      served?.keyFile,
      shown?.certificateFile,
      shown?.keyFile,
      trustedCaFile,
    ]);
    this.#crl = new FileWatch([crlFile]);
    this.#loaded = load(settings, 1);
    this.#revocations = { kind: 'known', serials: revocationsOf(settings) };
  }

  /** As of now. */
  get current(): LoadedTls {
    if (this.#files.changed()) this.#reload();
    return this.#loaded;
  }

  /** As of now. */
  get revocations(): RevocationState {
    if (this.#crl.changed()) this.#reloadRevocations();
    return this.#revocations;
  }

  #reload(): void {
    const files = this.#files.paths;
    try {
      this.#loaded = load(this.settings, this.#loaded.version + 1);
      this.#logger.info('reloaded TLS files', { files });
    } catch (error) {
      this.#logger.warn('failed to reload TLS files; those loaded before stay in force', {
        files,
        error: messageOf(error),
      });
    }
  }

  #reloadRevocations(): void {
    const files = this.#crl.paths;
    try {
      const serials = revocationsOf(this.settings);
      this.#revocations = { kind: 'known', serials };
      this.#logger.info('reloaded certificate revocation list', { files, revoked: serials.size });
    } catch (error) {
      const reason = messageOf(error);
      this.#revocations = { kind: 'unknown', reason };
      this.#logger.error(
        'failed to reload certificate revocation list; certificates are rejected until it can be read',
        { files, error: reason },
      );
    }
  }
}

function load(settings: TlsSettings, version: number): LoadedTls {
  const { ciphers, minVersion, maxVersion, served, shown, trustedCaFile } = settings;
  const ca =
    trustedCaFile === undefined ? settings.authorities : readAuthorities(trustedCaFile, readText);
  const common = { minVersion, maxVersion, ciphers, ...(ca !== undefined && { ca: [...ca] }) };
  const servedPair = optionsOf(served);
  const shownPair = shown === served ? servedPair : optionsOf(shown);
  if (settings.mustBeNameless) refuseCommonName(shownPair, shown?.certificateFile ?? '');
  try {
    // The first made to be thrown away: what OpenSSL refuses must fail here, not at a handshake.
    const server = { ...common, ...servedPair };
    createSecureContext(server);
    return { version, server, client: createSecureContext({ ...common, ...shownPair }) };
  } catch (error) {
    const files = [served, shown].map((pair) => pair?.certificateFile ?? '');
    throw new TlsFileError(`tls: ${messageOf(error)}`, files.join(' ').trim());
  }
}

interface PairOptions {
  readonly cert?: string;
  readonly key?: string;
}

function optionsOf(files: KeyPairFiles | undefined): PairOptions {
  if (files === undefined) return {};
  const { certificate, key } = readKeyPair(files, readText);
  return { cert: certificate, key };
}

function refuseCommonName({ cert }: PairOptions, file: string): void {
  if (cert === undefined) return;
  const [, name = ''] = /^CN=(.*)$/mu.exec(new X509Certificate(cert).subject) ?? [];
  if (name !== '') throw new TlsFileError(`cert has non empty Common Name (${name}): ${file}`);
}

function revocationsOf({ crlFile }: TlsSettings): Revocations {
  return crlFile === undefined ? new Set() : readRevocations(crlFile, readBytes);
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

const readText = (path: string): string => readBytes(path).toString('latin1');

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
