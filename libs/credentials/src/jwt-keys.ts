import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** JWS algorithms by the kind of key they need (RFC 7518, RFC 8037). */
const KEY_KINDS = {
  HS256: 'hmac',
  HS384: 'hmac',
  HS512: 'hmac',
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'ec',
  ES384: 'ec',
  ES512: 'ec',
  EdDSA: 'ed25519',
} as const;

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

/** What the library signs and verifies with; etcd takes shorter ones. */
const MIN_RSA_BITS = 2048;

const KEY_NAMES = { rsa: 'RSA', ec: 'ECDSA', ed25519: 'Ed25519' } as const;
const PRIVATE_LABELS = new Set(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY']);
const PUBLIC_LABELS = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE']);
const PEM_LABEL = /^-----BEGIN ([A-Z0-9 ]+)-----\s*$/m;

export type JwtAlgorithm = keyof typeof KEY_KINDS;

export interface JwtKeys {
  readonly algorithm: JwtAlgorithm;
  /** Undefined: this member can verify tokens and not make any. */
  readonly signing: KeyObject | undefined;
  readonly verifying: KeyObject;
}

export type JwtKeysOutcome =
  | { readonly kind: 'ok'; readonly keys: JwtKeys }
  /** In etcd's words, or in those of the JWT library it uses. */
  | { readonly kind: 'invalid'; readonly message: string };

export function isJwtAlgorithm(name: string): name is JwtAlgorithm {
  return Object.hasOwn(KEY_KINDS, name);
}

/** Keys from the contents of their files; an empty file is as good as none. */
export function jwtKeys(
  algorithm: JwtAlgorithm,
  publicPem: Buffer | undefined,
  privatePem: Buffer | undefined,
): JwtKeysOutcome {
  try {
    const kind = KEY_KINDS[algorithm];
    if (kind === 'hmac') return hmacKeys(algorithm, privatePem);
    const signing = given(privatePem) && privateKey(privatePem, algorithm, kind);
    const verifying = given(publicPem) && publicKey(publicPem, algorithm, kind);
    if (!signing) {
      if (!verifying) return invalid('auth: missing key data');
      return { kind: 'ok', keys: { algorithm, signing: undefined, verifying } };
    }
    const derived = createPublicKey(signing);
    if (verifying && !verifying.equals(derived)) {
      return invalid("auth: public and private keys don't match");
    }
    return { kind: 'ok', keys: { algorithm, signing, verifying: derived } };
  } catch (error) {
    if (error instanceof BadKey) return invalid(error.message);
    throw error;
  }
}

class BadKey extends Error {
  override readonly name = 'BadKey';
}

function hmacKeys(algorithm: JwtAlgorithm, secret: Buffer | undefined): JwtKeysOutcome {
  if (!given(secret)) return invalid('auth: missing key data');
  const key = createSecretKey(secret);
  return { kind: 'ok', keys: { algorithm, signing: key, verifying: key } };
}

function privateKey(pem: Buffer, algorithm: string, kind: keyof typeof KEY_NAMES): KeyObject {
  const words = `key is not a valid ${KEY_NAMES[kind]} private key`;
  return checked(pem, PRIVATE_LABELS, words, algorithm, kind, createPrivateKey);
}

/**
 * Node would take a private key's file for the public key as well. Whoever mixes them up is about to
 * copy the key that makes everybody root to members that were to verify only: refuse.
 */
function publicKey(pem: Buffer, algorithm: string, kind: keyof typeof KEY_NAMES): KeyObject {
  const words = `key is not a valid ${KEY_NAMES[kind]} public key`;
  return checked(pem, PUBLIC_LABELS, words, algorithm, kind, createPublicKey);
}

function checked(
  pem: Buffer,
  labels: ReadonlySet<string>,
  words: string,
  algorithm: string,
  kind: keyof typeof KEY_NAMES,
  parse: (pem: Buffer) => KeyObject,
): KeyObject {
  const label = PEM_LABEL.exec(pem.toString('latin1'))?.[1];
  if (label === undefined) {
    throw new BadKey('invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key');
  }
  if (!labels.has(label)) throw new BadKey(`${words}: it is labelled ${label}`);
  const key = parsed(pem, words, parse);
  if (key.asymmetricKeyType !== kind) throw new BadKey(words);
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (kind === 'ec' && namedCurve !== CURVES[algorithm]) {
    throw new BadKey(`${words}: ${algorithm} needs the curve ${CURVES[algorithm]}`);
  }
  if (kind === 'rsa' && modulusLength < MIN_RSA_BITS) {
    throw new BadKey(`${words}: it has less than ${MIN_RSA_BITS} bits`);
  }
  return key;
}

/** The reasons of OpenSSL are left out: they are cryptic, and could quote what they choke on. */
function parsed(pem: Buffer, words: string, parse: (pem: Buffer) => KeyObject): KeyObject {
  try {
    return parse(pem);
  } catch {
    throw new BadKey(words);
  }
}

function given(contents: Buffer | undefined): contents is Buffer {
  return contents !== undefined && contents.length > 0;
}

function invalid(message: string): JwtKeysOutcome {
  return { kind: 'invalid', message };
}
