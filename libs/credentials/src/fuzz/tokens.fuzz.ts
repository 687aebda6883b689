import { createHmac, generateKeyPairSync } from 'node:crypto';
import { SimpleTokens } from '@etcd-ts/auth';
import type { AuthInfo } from '@etcd-ts/auth';
import { assert, must, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateJson, mutateText, pick } from '@etcd-ts/fuzzing';
import { JsonWebTokens } from '../json-web-tokens.js';
import { jwtKeys } from '../jwt-keys.js';
import type { JwtAlgorithm, JwtKeys } from '../jwt-keys.js';
import { LimitedLog } from '../limited-log.js';
import { TestClock } from '../testing/clock-and-log.js';
import { parseTokenFlag } from '../token-flag.js';

const CASES = 40;
/** Each is dear. */
export const shareCases = 400;
const TTL_MS = 60_000;
const SECRET = Buffer.from('a secret of the cluster, 32 bytes');
const RSA = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const HMAC_KEYS = keysOf('HS256', undefined, SECRET);
const RSA_KEYS = keysOf('RS256', Buffer.from(RSA.publicKey), Buffer.from(RSA.privateKey));

function keysOf(algorithm: JwtAlgorithm, publicPem: Buffer | undefined, pem: Buffer): JwtKeys {
  const outcome = jwtKeys(algorithm, publicPem, pem);
  return must(outcome.kind === 'ok' ? outcome.keys : undefined, 'no keys');
}

/** Tokens that nobody issued: none of them makes its bearer anybody. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const clock = new TestClock();
  for (let i = 0; i < CASES / 4; i++) await trySimple(rng, clock);
  for (let i = 0; i < CASES / 4; i++) await tryWebToken(rng, clock, RSA_KEYS);
  for (let i = 0; i < CASES / 2; i++) await tryWebToken(rng, clock, HMAC_KEYS);
  return CASES;
}

async function trySimple(rng: Rng, clock: TestClock): Promise<void> {
  const secureBelow = (limit: number): number => rng.below(limit);
  const tokens = new SimpleTokens({ clock, ttlSeconds: 60, secureBelow, applied: () => true });
  tokens.enable();
  const genuine = new Map<string, string>();
  for (const [index, username] of ['root', 'b', '__proto__'].entries()) {
    const login = { tokenPrefix: tokens.newPrefix(), index: index + 5, username };
    tokens.loggedIn(login);
    const issued = tokens.issue(login);
    if (issued.kind === 'ok') genuine.set(issued.token, username);
  }
  const token = mutateText(rng, pick(rng, [...genuine.keys()]));
  const info = await tokens.identify(token, 1);
  assert(info?.username === genuine.get(token), `${JSON.stringify(token)} is ${info?.username}`);
  // What it takes for a flag must be one of the kinds it knows.
  parseTokenFlag(mutateText(rng, 'jwt,pub-key=a,priv-key=b,sign-method=RS256,ttl=10m'));
}

async function tryWebToken(rng: Rng, clock: TestClock, keys: JwtKeys): Promise<void> {
  const tokens = new JsonWebTokens({
    keys,
    ttlMs: TTL_MS,
    clock,
    log: new LimitedLog(clock, SILENT_LOGGER),
  });
  const issued = await tokens.issue({ username: 'alice', index: 1, tokenPrefix: '' }, 7);
  const genuine = must(issued.kind === 'ok' ? issued.token : undefined, 'no token');
  await expectOnly(tokens, genuine, { username: 'alice', revision: 7 });
  const forged = forgery(rng, genuine, keys);
  const info = await tokens.identify(forged);
  const isGenuine = signedPart(forged) === signedPart(genuine);
  assert(info === undefined || isGenuine || isOurs(forged, info), `accepted: ${forged}`);
  if (info !== undefined) checkInfo(info);
  clock.nowMs += TTL_MS + 1_000;
  const late = await tokens.identify(genuine);
  assert(late === undefined, 'accepted after its time');
}

async function expectOnly(tokens: JsonWebTokens, token: string, expected: AuthInfo): Promise<void> {
  const info = await tokens.identify(token);
  assert(JSON.stringify(info) === JSON.stringify(expected), 'a genuine token is refused');
}

/** Signatures in base64 have more than one spelling, which makes nobody somebody else. */
const signedPart = (token: string): string => token.split('.').slice(0, 2).join('.');

const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function forgery(rng: Rng, genuine: string, { algorithm }: JwtKeys): string {
  const [header = '', payload = '', signature = ''] = genuine.split('.');
  const claims = { username: 'root', revision: 7, exp: 4_000_000_000 };
  switch (rng.below(7)) {
    case 0:
      return `${encoded({ alg: pick(rng, ['none', 'None', 'NONE', '']) })}.${encoded(claims)}.`;
    case 1:
      // The public key, which everybody has, as the secret of another algorithm.
      return signed({ alg: 'HS256', typ: 'JWT' }, claims, Buffer.from(RSA.publicKey));
    case 2:
      return [header, encoded(claims), signature].join('.');
    case 3:
      return [encoded(mutateJson(rng, HEADER)), payload, signature].join('.');
    case 4:
      if (algorithm !== 'HS256') return mutateText(rng, genuine);
      return signed(mutateJson(rng, HEADER), mutateJson(rng, claims), SECRET);
    case 5:
      return signed(mutateJson(rng, HEADER), claims, pick(rng, [Buffer.alloc(32), Buffer.of(0)]));
    default:
      return mutateText(rng, genuine);
  }
}

const HEADER = {
  alg: 'HS256',
  typ: 'JWT',
  kid: '../../dev/null',
  jku: 'http://127.0.0.1:1/',
  jwk: { kty: 'oct', k: 'AA' },
  crit: ['b64'],
  b64: false,
};

function signed(header: unknown, claims: unknown, secret: Buffer): string {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** Whoever has the secret may sign what he likes; then it says what was signed, and no more. */
function isOurs(token: string, { username }: AuthInfo): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const mac = createHmac('sha256', SECRET).update(`${header}.${payload}`).digest();
  if (!mac.equals(Buffer.from(signature, 'base64url'))) return false;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown;
  return typeof claims === 'object' && claims !== null && 'username' in claims
    ? claims.username === username
    : false;
}

function checkInfo({ username, revision }: AuthInfo): void {
  assert(typeof username === 'string', 'a user without a name');
  assert(Number.isSafeInteger(revision) && revision >= 0, 'no revision');
}
