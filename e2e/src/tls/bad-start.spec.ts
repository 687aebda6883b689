import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { CertificateStore } from './certificate-store.js';
import { launchSecureNode, logged } from './secure-node.js';

const PASSPHRASE = 'open sesame';
/** A quarter of a second, unless the program is being built or the machine has other work. */
const START_FAILS_WITHIN_MS = 50_000;

let store: CertificateStore;
beforeAll(async () => {
  store = await CertificateStore.create();
  await store.issue('server');
  await store.issue('other');
  const key = createPrivateKey(readFileSync(store.path('server.key')));
  const protection = { cipher: 'aes-256-cbc', passphrase: PASSPHRASE } as const;
  const encrypted = key.export({ type: 'pkcs8', format: 'pem', ...protection });
  store.write('encrypted.key', encrypted as string);
  store.write('empty', '');
});
afterAll(() => store.remove());

/** FLAG=VALUE; @NAME is a file of the store. */
const flagsOf = (text: string): readonly string[] =>
  text
    .split(' ')
    .map((flag) => `--${flag.replace(/@([a-z.]+)/gu, (_, name: string) => store.path(name))}`);

const SERVED = 'cert-file=@server.pem key-file=@server.key';

// All in one process each, one after the other: a start that fails takes a quarter of a second.
it.each([
  [
    'a missing certificate',
    'cert-file=@none key-file=@server.key',
    /^open .*none: no such file or directory$/u,
  ],
  [
    'a missing key',
    'cert-file=@server.pem key-file=@none',
    /^open .*none: no such file or directory$/u,
  ],
  [
    'no key at all',
    'cert-file=@server.pem',
    /^KeyFile and CertFile must both be present\[key: , cert: /u,
  ],
  [
    'the key of another certificate',
    'cert-file=@server.pem key-file=@other.key',
    /^tls: private key does not match public key/u,
  ],
  [
    'a key under a password',
    'cert-file=@server.pem key-file=@encrypted.key',
    /^tls: failed to parse private key \(.* is encrypted\)$/u,
  ],
  [
    'certificate and key confused',
    'cert-file=@server.key key-file=@server.pem',
    /PEM inputs may have been switched/u,
  ],
  [
    'missing authorities',
    `${SERVED} trusted-ca-file=@none`,
    /^open .*none: no such file or directory$/u,
  ],
  [
    'empty authorities',
    `${SERVED} trusted-ca-file=@empty`,
    /^no certificate of an authority in the trusted CA file/u,
  ],
  [
    'a missing revocation list',
    `${SERVED} client-crl-file=@none`,
    /^open .*none: no such file or directory$/u,
  ],
  ['an unknown cipher suite', `${SERVED} cipher-suites=X`, /^unexpected TLS cipher suite "X"$/u],
  [
    'common names and host names',
    `${SERVED} peer-cert-file=@server.pem peer-key-file=@server.key peer-cert-allowed-cn=a peer-cert-allowed-hostname=b`,
    /^AllowedCNs and AllowedHostnames are mutually exclusive/u,
  ],
  [
    'a certificate that is never valid',
    'auto-tls self-signed-cert-validity=0',
    /^selfSignedCertValidity is invalid,it should be greater than 0$/u,
  ],
])('a node with %s does not start, and says so', async (_, flags, message) => {
  const node = await launchSecureNode({ flags: flagsOf(flags) });
  try {
    expect(await node.exit(START_FAILS_WITHIN_MS)).toEqual({ code: 1, signal: null });
    expect(logged(node.log, 'listener failed')).toMatchObject([
      { level: 'fatal', error: expect.stringMatching(message) as string },
    ]);
    expect(node.log).not.toContain(PASSPHRASE);
    expect(node.log).not.toMatch(/PRIVATE KEY-----/u);
  } finally {
    await node.dispose();
  }
});
