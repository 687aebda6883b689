import { isIP } from 'node:net';
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';

import { normalSerial } from './revocations.js';
import type { RevocationState, TlsCredentials } from './tls-credentials.js';

/** Certificates of one chain that are looked at: more than any real one has. */
const MAX_CHAIN = 16;

/** The last one, as Go has it, where a certificate has several; empty if it has none. */
export function commonName({ subject }: Pick<PeerCertificate, 'subject'>): string {
  const name: unknown = Object.hasOwn(subject, 'CN') ? subject.CN : '';
  return String(Array.isArray(name) ? name.at(-1) : name);
}

/**
 * Why a certificate that an authority has signed does not do all the same: its names are not among
 * those allowed. Holds in both directions, as in the original: a member that is dialled must be one
 * of the allowed as much as one that dials.
 */
export function namesFault(
  certificate: DetailedPeerCertificate,
  { settings }: Pick<TlsCredentials, 'settings'>,
): string | undefined {
  const { allowedCommonNames, allowedHostnames } = settings;
  const isAllowed =
    allowedCommonNames.length > 0
      ? allowedCommonNames.includes(commonName(certificate))
      : allowedHostnames.length === 0 ||
        allowedHostnames.some((host) => isFor(new X509Certificate(certificate.raw), host));
  return isAllowed ? undefined : 'client certificate authentication failed';
}

/** Why it is not for that host: an address, or a name. The common name is no host name. */
export function hostFault(certificate: X509Certificate, host: string): string | undefined {
  if (isFor(certificate, host)) return undefined;
  const names = altNames(certificate);
  if (names.addresses.length + names.hosts.length === 0) {
    return 'x509: certificate relies on legacy Common Name field, use SANs instead';
  }
  if (isIP(host) === 0) {
    return `x509: certificate is valid for ${names.hosts.join(', ')}, not ${host}`;
  }
  return names.addresses.length === 0
    ? `x509: cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `x509: certificate is valid for ${names.addresses.join(', ')}, not ${host}`;
}

export function isFor(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}

export interface AltNames {
  readonly addresses: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * A certificate with names that need quoting has one name here, which nobody has: it must not pass
 * for a certificate without names, which is asked for none.
 */
export function altNames({ subjectAltName = '' }: X509Certificate): AltNames {
  if (subjectAltName.includes('"')) return { addresses: [], hosts: [subjectAltName] };
  const parts = subjectAltName.split(', ');
  const after = (prefix: string): readonly string[] =>
    parts.filter((part) => part.startsWith(prefix)).map((part) => part.slice(prefix.length));
  return { addresses: after('IP Address:'), hosts: after('DNS:') };
}

/** Looks at every certificate of the chain that is known. */
export function revocationFault(
  certificate: DetailedPeerCertificate,
  revocations: RevocationState,
): string | undefined {
  if (revocations.kind === 'unknown') return revocations.reason;
  let at: DetailedPeerCertificate | undefined = certificate;
  for (let depth = 0; at !== undefined && depth < MAX_CHAIN; depth++) {
    const serial = normalSerial(at.serialNumber);
    if (revocations.serials.has(serial)) return `transport: certificate serial ${serial} revoked`;
    // A self-signed certificate is its own issuer.
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return undefined;
}
