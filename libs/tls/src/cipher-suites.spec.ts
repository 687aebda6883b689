import { cipherString } from './cipher-suites.js';

const TLS13 = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

describe('cipher suites', () => {
  // Trail of Bits, TOB-ETCD-015: weak ones were on by default.
  it('are those with forward secrecy when none is named, and no weak ones', () => {
    const suites = cipherString([]).split(':').slice(3);
    expect(cipherString([]).startsWith(`${TLS13}:`)).toBe(true);
    expect(suites.length).toBe(10);
    for (const suite of suites) {
      expect(suite).toMatch(
        /^ECDHE-(RSA|ECDSA)-(AES(128|256)-(GCM-SHA\d+|SHA)|CHACHA20-POLY1305)$/u,
      );
    }
  });

  it('are named as Go names them, in the order given, beside those of TLS 1.3', () => {
    const names = [
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
      'TLS_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_256_CBC_SHA',
    ];
    expect(cipherString(names)).toBe(
      `${TLS13}:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:AES256-SHA`,
    );
  });

  it.each(['X', 'AES256-SHA', 'tls_rsa_with_aes_256_cbc_sha', 'constructor', ''])(
    'etcd does not know are refused in its words: %j',
    (name) => {
      expect(() => cipherString(['TLS_RSA_WITH_AES_256_CBC_SHA', name])).toThrow(
        `unexpected TLS cipher suite ${JSON.stringify(name)}`,
      );
    },
  );

  it('that the runtime has given up are refused, for they would never be chosen', () => {
    expect(() => cipherString(['TLS_RSA_WITH_RC4_128_SHA'])).toThrow(
      'TLS cipher suite TLS_RSA_WITH_RC4_128_SHA is not available in this runtime',
    );
  });
});
