import type { TlsPolicy, TransportSecurity } from '@etcd-ts/config';

import { cipherString } from './cipher-suites.js';
import type { KeyPairFiles } from './key-pair.js';
import { TlsFileError } from './tls-file-error.js';

/** Which files are read, and what else a secure context is made of. */
export interface TlsSettings {
  /** Shown to whoever connects; undefined: this side only connects to others. */
  readonly served: KeyPairFiles | undefined;
  /** Shown where this side connects; undefined: none. */
  readonly shown: KeyPairFiles | undefined;
  /** The certificate shown must have no common name. */
  readonly mustBeNameless: boolean;
  /** Undefined: `authorities`. */
  readonly trustedCaFile: string | undefined;
  /** PEM texts. Without them: the authorities that come with the runtime. */
  readonly authorities?: readonly string[];
  readonly crlFile: string | undefined;
  /** As OpenSSL names them. */
  readonly ciphers: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Whoever connects must show a certificate that an authority has signed. */
  readonly requiresCertificate: boolean;
  readonly allowedCommonNames: readonly string[];
  readonly allowedHostnames: readonly string[];
  readonly verifiesAddress: boolean;
  /** The certificates are self-made on both sides: there is nothing to verify them by. */
  readonly selfSigned: boolean;
}

const NODE_VERSIONS = { 'TLS1.2': 'TLSv1.2', 'TLS1.3': 'TLSv1.3' } as const;

/** Throws TlsFileError for settings that contradict each other. */
export function tlsSettings(
  security: TransportSecurity,
  policy: TlsPolicy,
  { selfSigned }: { readonly selfSigned: boolean },
): TlsSettings {
  const { certFile, keyFile, clientCertFile, clientKeyFile } = security;
  const { allowedCommonNames, allowedHostnames, trustedCaFile, crlFile } = security;
  if ((certFile === '') !== (keyFile === '')) {
    throw new TlsFileError(
      `KeyFile and CertFile must both be present[key: ${keyFile}, cert: ${certFile}]`,
    );
  }
  if ((clientCertFile === '') !== (clientKeyFile === '')) {
    throw new TlsFileError(
      `ClientKeyFile and ClientCertFile must both be present or both absent: key: ${clientKeyFile}, cert: ${clientCertFile}]`,
    );
  }
  if (allowedCommonNames.length > 0 && allowedHostnames.length > 0) {
    throw new TlsFileError(
      `AllowedCNs and AllowedHostnames are mutually exclusive (cns=${quoted(allowedCommonNames)}, hostnames=${quoted(allowedHostnames)})`,
    );
  }
  const served = pairOf(certFile, keyFile);
  return {
    served,
    shown: pairOf(clientCertFile, clientKeyFile) ?? served,
    mustBeNameless: false,
    trustedCaFile: trustedCaFile === '' ? undefined : trustedCaFile,
    crlFile: crlFile === '' ? undefined : crlFile,
    ciphers: cipherString(policy.cipherSuites),
    minVersion: NODE_VERSIONS[policy.minVersion],
    maxVersion: NODE_VERSIONS[policy.maxVersion ?? 'TLS1.3'],
    // As the original has it: a bundle of authorities alone makes certificates compulsory as well.
    requiresCertificate: security.clientCertAuth || trustedCaFile !== '',
    allowedCommonNames,
    allowedHostnames,
    verifiesAddress: !security.skipClientSanVerification,
    selfSigned,
  };
}

const pairOf = (certificateFile: string, keyFile: string): KeyPairFiles | undefined =>
  certificateFile === '' ? undefined : { certificateFile, keyFile };

const quoted = (names: readonly string[]): string =>
  `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;
