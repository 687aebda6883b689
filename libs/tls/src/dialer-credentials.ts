import type { Logger } from '@etcd-ts/foundation';
import { TlsCredentials } from './tls-credentials.js';
import { tlsSettings } from './tls-settings.js';

/** Of who connects to others and serves nobody; empty: none. */
export interface DialerFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly trustedCaFile: string;
  /** PEM texts of those believed without a `trustedCaFile`. Default: those that come with the runtime. */
  readonly authorities?: readonly string[] | undefined;
  /**
   * For who speaks on behalf of many: a server takes a call without a token for that of the user its
   * certificate names, so a certificate that names anybody would make all of them this user.
   */
  readonly mustBeNameless: boolean;
}

/** Files that change count for the next connection. Throws TlsFileError. */
export function dialerCredentials(files: DialerFiles, logger: Logger): TlsCredentials {
  const { mustBeNameless, authorities, ...given } = files;
  const settings = tlsSettings(
    {
      ...given,
      ...{ clientCertFile: '', clientKeyFile: '', crlFile: '', clientCertAuth: false },
      ...{ allowedCommonNames: [], allowedHostnames: [] },
      ...{ skipClientSanVerification: false, autoTls: false },
    },
    {
      cipherSuites: [],
      minVersion: 'TLS1.2',
      maxVersion: undefined,
      selfSignedValidityYears: 0,
    },
    { selfSigned: false },
  );
  const { served, ...dialing } = settings;
  return new TlsCredentials(
    {
      ...dialing,
      ...(authorities !== undefined && { authorities }),
      served: undefined,
      shown: served,
      mustBeNameless,
    },
    logger,
  );
}
