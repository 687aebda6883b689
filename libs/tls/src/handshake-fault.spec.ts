import { handshakeFault } from './handshake-fault.js';

const fault = (code: string): string =>
  handshakeFault(Object.assign(new Error('error:0A00'), { code }));

test.each([
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'remote error: tls: unknown certificate authority'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'remote error: tls: bad certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'remote error: tls: certificate expired'],
  ['ECONNRESET', 'EOF'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'i/o timeout'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls: first record does not look like a TLS handshake'],
  ['ERR_SSL_SOMETHING_NEW', 'tls: error:0A00'],
  ['constructor', 'tls: error:0A00'],
])('%s is "%s" in the log', (code, text) => {
  expect(fault(code)).toBe(text);
});
