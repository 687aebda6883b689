import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, DetailedPeerCertificate } from 'node:tls';

import { hostFault, namesFault, revocationFault } from './certificate-check.js';
import type { TlsCredentials } from './tls-credentials.js';

/**
 * What a connection to another member is made with, as of now: ask anew for each. The other side's
 * certificate must be signed by a trusted authority, be for the host that was dialled (or for
 * `serverName`, where the members were found in a domain), carry an allowed name, and not be revoked.
 */
export function connectionOptions(
  credentials: TlsCredentials,
  serverName?: string,
): ConnectionOptions {
  return {
    secureContext: credentials.current.client,
    // Members that have made their certificates themselves cannot verify each other's: what remains
    // is secrecy from those who only listen.
    rejectUnauthorized: !credentials.settings.selfSigned,
    ...(serverName !== undefined && { servername: serverName }),
    checkServerIdentity: (host, certificate) => {
      const chain = certificate as DetailedPeerCertificate;
      const fault =
        hostFault(new X509Certificate(certificate.raw), serverName ?? host) ??
        namesFault(chain, credentials) ??
        revocationFault(chain, credentials.revocations);
      return fault === undefined ? undefined : new Error(fault);
    },
  };
}
