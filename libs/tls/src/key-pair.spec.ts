import { createPrivateKey } from 'node:crypto';

import { readAuthorities } from './authorities.js';
import { CertificateAuthority } from './making/certificate-authority.js';
import type { IssuedCertificate } from './making/issue-certificate.js';
import { readKeyPair } from './key-pair.js';

let mine: IssuedCertificate;
let other: IssuedCertificate;
let authority: CertificateAuthority;

beforeAll(async () => {
  authority = await CertificateAuthority.create('authority');
  mine = await authority.issue({ commonName: 'mine' });
  other = await authority.issue({ commonName: 'other' });
});

const FILES = { certificateFile: 'c.pem', keyFile: 'k.pem' };
const read = (certificate: string, key: string) =>
  readKeyPair(FILES, (path) => (path === 'c.pem' ? certificate : key));

describe('a certificate and its key', () => {
  it('are taken with the chain that follows, and without what stands between', () => {
    const chain = `subject=mine\n${mine.certificate}\nissuer\n${authority.certificate}`;
    const pair = read(
      chain,
      `-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC PARAMETERS-----\n${mine.key}`,
    );
    expect(pair.certificate.match(/BEGIN CERTIFICATE/gu)).toHaveLength(2);
    expect(pair.certificate).not.toMatch(/issuer|subject/u);
    expect(pair.key).toBe(mine.key);
  });

  it('that do not belong together are refused as Go does', () => {
    expect(() => read(mine.certificate, other.key)).toThrow(
      'tls: private key does not match public key (k.pem, c.pem)',
    );
  });

  it('are refused when the key has a password, in either form, without a word of the key', () => {
    const key = createPrivateKey(mine.key);
    const protection = { format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' } as const;
    for (const type of ['pkcs8', 'sec1'] as const) {
      const encrypted = key.export({ type, ...protection }) as string;
      expect(() => read(mine.certificate, encrypted)).toThrow(
        'tls: failed to parse private key (k.pem is encrypted)',
      );
    }
    const broken = mine.key.replace(/\n[A-Za-z0-9+/]{20}/u, '\nAAAAAAAAAAAAAAAAAAAA');
    expect(() => read(mine.certificate, broken)).toThrow(
      /^tls: failed to parse private key \(k\.pem\)$/u,
    );
  });

  it.each([
    ['nothing', '', 'tls: failed to find any PEM data in certificate input (c.pem)'],
    [
      'a key',
      'KEY',
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched (c.pem)',
    ],
    [
      'something else',
      '-----BEGIN FOO-----\nAA==\n-----END FOO-----',
      'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [FOO] (c.pem)',
    ],
    [
      'a certificate that is none',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      'x509: malformed certificate (c.pem: ',
    ],
  ])('are refused when the certificate file holds %s', (_, text, message) => {
    expect(() => read(text === 'KEY' ? mine.key : text, mine.key)).toThrow(message);
  });

  it.each([
    ['nothing', '', 'tls: failed to find any PEM data in key input (k.pem)'],
    [
      'a certificate',
      'CERTIFICATE',
      'tls: found a certificate rather than a key in the PEM for the private key (k.pem)',
    ],
    [
      'something else',
      '-----BEGIN FOO-----\nAA==\n-----END FOO-----',
      'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [FOO] (k.pem)',
    ],
  ])('are refused when the key file holds %s', (_, text, message) => {
    expect(() => read(mine.certificate, text === 'CERTIFICATE' ? mine.certificate : text)).toThrow(
      message,
    );
  });
});

describe('a bundle of authorities', () => {
  const readBundle = (text: string) => readAuthorities('ca.pem', () => text);

  it('is each of its certificates', () => {
    const bundle = readBundle(`${authority.certificate}# more\n${mine.certificate}`);
    expect(bundle).toEqual([authority.certificate, mine.certificate]);
  });

  it('without a certificate is refused: Node would trust the public web instead', () => {
    for (const text of ['', 'certificate', mine.key]) {
      expect(() => readBundle(text)).toThrow(
        'no certificate of an authority in the trusted CA file ca.pem',
      );
    }
  });

  it('with a broken certificate is refused as a whole', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(() => readBundle(authority.certificate + broken)).toThrow(
      'x509: malformed certificate (ca.pem: ',
    );
  });
});
