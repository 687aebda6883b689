import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_TOKENS, SimpleTokens } from '@etcd-ts/auth';
import { JsonWebTokens } from './json-web-tokens.js';
import { TestClock, warningLog } from './testing/clock-and-log.js';
import { setUpTokens } from './token-setup.js';

let directory = '';
const file = (name: string) => join(directory, name);

function write(name: string, contents: string | Buffer): void {
  writeFileSync(file(name), contents, { mode: 0o600 });
}

function writePair(name: string, pair: { publicKey: KeyObject; privateKey: KeyObject }): void {
  write(`${name}.pub`, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  write(`${name}.key`, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'token-setup-'));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writePair('rsa', rsa);
  writePair('rsa2', generateKeyPairSync('rsa', { modulusLength: 2048 }));
  writePair('small', generateKeyPairSync('rsa', { modulusLength: 1024 }));
  writePair('p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  writePair('p384', generateKeyPairSync('ec', { namedCurve: 'P-384' }));
  writePair('ed', generateKeyPairSync('ed25519'));
  write('pkcs1.key', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }));
  const encryption = { cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  write('locked.key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }));
  write('no.pem', 'no key at all');
  write('broken.pub', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n');
  write('empty', '');
});
afterAll(() => rmSync(directory, { recursive: true }));

function setUp(flag: string) {
  const logger = warningLog();
  const outcome = setUpTokens({
    flag: flag.replaceAll('@', `${directory}/`),
    simpleTtlSeconds: 300,
    clock: new TestClock(),
    logger,
    applied: () => true,
  });
  return { outcome, logger };
}

const message = (flag: string) => {
  const { outcome } = setUp(flag);
  return outcome.kind === 'invalid' ? outcome.message : undefined;
};

describe('--auth-token', () => {
  it('makes simple tokens, none, or those of the key files', () => {
    const kinds = (flag: string) => {
      const { outcome } = setUp(flag);
      return outcome.kind === 'ok' ? outcome.tokens : outcome;
    };
    expect(kinds('simple')).toBeInstanceOf(SimpleTokens);
    expect(kinds('simple,any=thing')).toBeInstanceOf(SimpleTokens);
    expect(kinds('')).toBe(NO_TOKENS);
    for (const options of [
      'pub-key=@rsa.pub,priv-key=@rsa.key,sign-method=RS256',
      'priv-key=@pkcs1.key,sign-method=PS512,ttl=1h30m',
      'pub-key=@rsa.pub,sign-method=RS256',
      'pub-key=@p256.pub,priv-key=@p256.key,sign-method=ES256',
      'priv-key=@ed.key,sign-method=EdDSA',
      'priv-key=@no.pem,sign-method=HS256',
      'pub-key=@rsa.pub,priv-key=@empty,sign-method=RS256',
    ]) {
      expect([options, kinds(`jwt,${options}`)]).toEqual([options, expect.any(JsonWebTokens)]);
    }
  });

  it.each([
    'unknown',
    'simple,x',
    'simple,x=1,x=2',
    'jwt,x=1=2',
    'jwt',
    'jwt,sign-method=none,priv-key=@rsa.key',
    'jwt,sign-method=RS257,priv-key=@rsa.key',
    'jwt,sign-method=__proto__,priv-key=@rsa.key',
    'jwt,sign-method=RS256,priv-key=@missing',
    'jwt,sign-method=RS256,pub-key=@missing,priv-key=@rsa.key',
    'jwt,sign-method=RS256,priv-key=@rsa.key,ttl=5',
    'jwt,sign-method=RS256,priv-key=@rsa.key,ttl=-5m',
    'jwt,sign-method=RS256,priv-key=@rsa.key,ttl=0s',
  ])('is refused in etcd’s words when it is %s', (flag) => {
    expect(message(flag)).toBe('auth: invalid auth options');
  });

  it.each([
    ['sign-method=RS256', 'auth: missing key data'],
    ['sign-method=HS256,pub-key=@rsa.pub', 'auth: missing key data'],
    [
      'sign-method=RS256,pub-key=@rsa2.pub,priv-key=@rsa.key',
      "auth: public and private keys don't match",
    ],
    [
      'sign-method=RS256,priv-key=@no.pem',
      'invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key',
    ],
    ['sign-method=RS256,priv-key=@ed.key', 'key is not a valid RSA private key'],
    ['sign-method=ES256,priv-key=@rsa.key', 'key is not a valid ECDSA private key'],
    ['sign-method=EdDSA,priv-key=@p256.key', 'key is not a valid Ed25519 private key'],
    ['sign-method=RS256,pub-key=@ed.pub', 'key is not a valid RSA public key'],
    ['sign-method=RS256,pub-key=@broken.pub', 'key is not a valid RSA public key'],
    [
      'sign-method=RS256,pub-key=@rsa.key',
      'key is not a valid RSA public key: it is labelled PRIVATE KEY',
    ],
    [
      'sign-method=RS256,priv-key=@rsa.pub',
      'key is not a valid RSA private key: it is labelled PUBLIC KEY',
    ],
    [
      'sign-method=RS256,priv-key=@locked.key',
      'key is not a valid RSA private key: it is labelled ENCRYPTED PRIVATE KEY',
    ],
    [
      'sign-method=ES256,priv-key=@p384.key',
      'key is not a valid ECDSA private key: ES256 needs the curve prime256v1',
    ],
    [
      'sign-method=RS256,priv-key=@small.key',
      'key is not a valid RSA private key: it has less than 2048 bits',
    ],
  ])('is refused when the keys are wrong: %s', (options, words) => {
    expect(message(`jwt,${options}`)).toBe(words);
  });

  it('warns of what it takes although it should not be so', () => {
    const warnings = (flag: string) => setUp(flag).logger.warnings.map((line) => line.message);
    expect(warnings('simple')).toEqual(['simple token is not cryptographically signed']);
    expect(warnings('jwt,sign-method=EdDSA,priv-key=@ed.key')).toEqual([]);
    expect(warnings('jwt,sign-method=EdDSA,priv-key=@ed.key,colour=red')).toEqual([
      'unknown JWT options',
    ]);
    chmodSync(file('ed.key'), 0o640);
    expect(warnings('jwt,sign-method=EdDSA,priv-key=@ed.key')).toEqual([
      'private key file can be read by others than its owner',
    ]);
  });
});
