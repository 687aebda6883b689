import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** Verification errors of OpenSSL that mean: no authority we trust has signed this. */
const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
]);

/** Why the certificate of a connection was not accepted, as Go says it. */
export function certificateFault(
  { authorizationError }: Pick<TLSSocket, 'authorizationError'>,
  certificate: DetailedPeerCertificate,
  nowMs: number,
): string {
  const code = String(authorizationError);
  const reason = UNKNOWN_AUTHORITY.has(code)
    ? 'x509: certificate signed by unknown authority'
    : (timeFault(code, certificate, nowMs) ??
      (code === 'INVALID_PURPOSE'
        ? 'x509: certificate specifies an incompatible key usage'
        : `x509: ${code}`));
  return `tls: failed to verify client certificate: ${reason}`;
}

function timeFault(
  code: string,
  { valid_from: from, valid_to: to }: DetailedPeerCertificate,
  nowMs: number,
): string | undefined {
  const bounds: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: `after ${goTime(Date.parse(to))}`,
    CERT_NOT_YET_VALID: `before ${goTime(Date.parse(from))}`,
  };
  const bound = bounds[code];
  if (bound === undefined) return undefined;
  return `x509: certificate has expired or is not yet valid: current time ${goTime(nowMs)} is ${bound}`;
}

/** RFC 3339 without fractions. */
const goTime = (ms: number): string =>
  Number.isNaN(ms) ? 'unknown' : new Date(ms).toISOString().replace(/\.\d+Z$/u, 'Z');

const FAULTS: Readonly<Record<string, string>> = {
  ECONNRESET: 'EOF',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'i/o timeout',
  ERR_SSL_HTTP_REQUEST: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_UNEXPECTED_MESSAGE: 'tls: unexpected message',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls: client offered only unsupported versions',
  ERR_SSL_VERSION_TOO_LOW: 'tls: client offered only unsupported versions',
  ERR_SSL_NO_SHARED_CIPHER: 'tls: no cipher suite supported by both client and server',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'tls: client requested unsupported application protocols',
};

/** Why a handshake broke off, as Go says it where it has words for that. */
export function handshakeFault(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const known = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
  if (known !== undefined) return known;
  // Such as ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE or ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: the client's word.
  const alert = /_ALERT_([A-Z0-9_]+)$/u.exec(code)?.[1];
  if (alert !== undefined) {
    return `remote error: tls: ${alert.toLowerCase().replaceAll('_', ' ').replace('unknown ca', 'unknown certificate authority')}`;
  }
  return `tls: ${error.message}`;
}
