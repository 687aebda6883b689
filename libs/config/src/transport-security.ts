import type { OptionValues } from './option-schema.js';
import type { TlsPolicy, TlsVersion, TransportSecurity } from './server-config.js';

export const clientSecurityOf = (values: OptionValues): TransportSecurity => ({
  certFile: values['cert-file'],
  keyFile: values['key-file'],
  clientCertFile: values['client-cert-file'],
  clientKeyFile: values['client-key-file'],
  trustedCaFile: values['trusted-ca-file'],
  crlFile: values['client-crl-file'],
  clientCertAuth: values['client-cert-auth'],
  allowedCommonNames: values['client-cert-allowed-cn'],
  allowedHostnames: values['client-cert-allowed-hostname'],
  // Clients move about: their certificates say who they are, not where.
  skipClientSanVerification: true,
  autoTls: values['auto-tls'],
});

export const peerSecurityOf = (values: OptionValues): TransportSecurity => ({
  certFile: values['peer-cert-file'],
  keyFile: values['peer-key-file'],
  clientCertFile: values['peer-client-cert-file'],
  clientKeyFile: values['peer-client-key-file'],
  trustedCaFile: values['peer-trusted-ca-file'],
  crlFile: values['peer-crl-file'],
  clientCertAuth: values['peer-client-cert-auth'],
  allowedCommonNames: values['peer-cert-allowed-cn'],
  allowedHostnames: values['peer-cert-allowed-hostname'],
  skipClientSanVerification: values['peer-skip-client-san-verification'],
  autoTls: values['peer-auto-tls'],
});

/** Checked before: the names of versions are known. */
export const tlsPolicyOf = (values: OptionValues): TlsPolicy => ({
  cipherSuites: values['cipher-suites'],
  minVersion: versionOf(values['tls-min-version']) ?? 'TLS1.2',
  maxVersion: versionOf(values['tls-max-version']),
  selfSignedValidityYears: values['self-signed-cert-validity'],
});

function versionOf(text: string): TlsVersion | undefined {
  return text === 'TLS1.2' || text === 'TLS1.3' ? text : undefined;
}
