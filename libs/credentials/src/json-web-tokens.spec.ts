import { createHmac, generateKeyPairSync, KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { JsonWebTokens } from './json-web-tokens.js';
import { jwtKeys } from './jwt-keys.js';
import type { JwtAlgorithm } from './jwt-keys.js';
import { LimitedLog } from './limited-log.js';
import { TestClock, warningLog } from './testing/clock-and-log.js';

const TTL_MS = 300_000;
const LOGIN = { username: 'u', tokenPrefix: '', index: 4 };

const publicPem = (key: KeyObject) => Buffer.from(key.export({ type: 'spki', format: 'pem' }));
const privatePem = (key: KeyObject) => Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SECRET = Buffer.from('a secret of some length, with a line end\n');

const pairOf = (algorithm: JwtAlgorithm) => {
  if (/^[RP]S/.test(algorithm)) return rsa;
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
  return generateKeyPairSync('ec', { namedCurve: curves[algorithm as keyof typeof curves] });
};

function open(algorithm: JwtAlgorithm, pub?: Buffer, priv?: Buffer) {
  const outcome = jwtKeys(algorithm, pub, priv);
  if (outcome.kind === 'invalid') throw new Error(outcome.message);
  const clock = new TestClock();
  const logger = warningLog();
  const log = new LimitedLog(clock, logger);
  const tokens = new JsonWebTokens({ keys: outcome.keys, ttlMs: TTL_MS, clock, log });
  return { tokens, clock, logger };
}

async function issue(tokens: JsonWebTokens, revision = 7): Promise<string> {
  const issued = await tokens.issue(LOGIN, revision);
  if (issued.kind !== 'ok') throw new Error(issued.kind);
  return issued.token;
}

const decoded = (part: string | undefined): unknown =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

describe('a JSON web token', () => {
  it.each(['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const)(
    'of %s is made with the private key and believed with the public one alone',
    async (algorithm) => {
      const { privateKey, publicKey } = pairOf(algorithm);
      const maker = open(algorithm, publicPem(publicKey), privatePem(privateKey));
      const reader = open(algorithm, publicPem(publicKey));
      const token = await issue(maker.tokens);
      for (const { tokens } of [maker, reader]) {
        expect(await tokens.identify(token)).toEqual({ username: 'u', revision: 7 });
        expect(await tokens.identify(token)).toEqual({ username: 'u', revision: 7 });
      }
      expect(await reader.tokens.issue(LOGIN, 7)).toEqual({ kind: 'verifyOnly' });
    },
  );

  it.each(['HS256', 'HS384', 'HS512'] as const)('of %s needs the secret', async (algorithm) => {
    const { tokens } = open(algorithm, undefined, SECRET);
    const token = await issue(tokens);
    expect(await tokens.identify(token)).toEqual({ username: 'u', revision: 7 });
    const others = open(algorithm, undefined, Buffer.from(SECRET.toString().trimEnd()));
    expect(await others.tokens.identify(token)).toBeUndefined();
  });

  it('says what etcd’s say', async () => {
    const { tokens, clock } = open('HS256', undefined, SECRET);
    const [header, payload] = (await issue(tokens)).split('.');
    expect(decoded(header)).toEqual({ alg: 'HS256', typ: 'JWT' });
    const exp = Math.floor((clock.nowMs + TTL_MS) / 1000);
    expect(decoded(payload)).toEqual({ username: 'u', revision: 7, exp });
  });

  it('is void when its time is over, also if it was believed before', async () => {
    const { tokens, clock } = open('HS256', undefined, SECRET);
    const token = await issue(tokens);
    clock.nowMs += TTL_MS - 2_000;
    expect(await tokens.identify(token)).toBeDefined();
    clock.nowMs += 2_000;
    expect(await tokens.identify(token)).toBeUndefined();
    expect(await tokens.identify(token)).toBeUndefined();
  });

  it('may be made by others with the key: without end, but not before its time', async () => {
    const { tokens, clock } = open('HS256', undefined, SECRET);
    const made = (claims: Record<string, unknown>) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(SECRET);
    const who = { username: 'v', revision: 3.9 };
    expect(await tokens.identify(await made(who))).toEqual({ username: 'v', revision: 3 });
    const nbf = clock.nowMs / 1000 + 60;
    expect(await tokens.identify(await made({ ...who, nbf }))).toBeUndefined();
  });
});

describe('what is no token of ours', () => {
  const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const CLAIMS = { username: 'root', revision: 1_000, exp: 4_000_000_000 };

  it('is refused: no algorithm, another one, or the public key taken for a secret', async () => {
    const { tokens } = open('RS256', publicPem(rsa.publicKey));
    const unsigned = `${b64({ alg: 'none', typ: 'JWT' })}.${b64(CLAIMS)}`;
    expect(await tokens.identify(`${unsigned}.`)).toBeUndefined();
    const confused = `${b64({ alg: 'HS256', typ: 'JWT' })}.${b64(CLAIMS)}`;
    const mac = createHmac('sha256', publicPem(rsa.publicKey)).update(confused).digest('base64url');
    expect(await tokens.identify(`${confused}.${mac}`)).toBeUndefined();
    for (const alg of ['PS256', 'RS512']) {
      const sibling = new SignJWT(CLAIMS).setProtectedHeader({ alg }).sign(rsa.privateKey);
      expect(await tokens.identify(await sibling)).toBeUndefined();
    }
    const right = new SignJWT(CLAIMS).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey);
    expect(await tokens.identify(await right)).toEqual({ username: 'root', revision: 1_000 });
  });

  it('is refused if it was changed in any place', async () => {
    const { tokens } = open('HS256', undefined, SECRET);
    const token = await issue(tokens);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const forged = b64({ ...(decoded(payload) as object), username: 'root' });
    expect(await tokens.identify(`${header}.${forged}.${signature}`)).toBeUndefined();
    expect(await tokens.identify(`${header}.${payload}.`)).toBeUndefined();
    expect(await tokens.identify(`${header}.${payload}`)).toBeUndefined();
    expect(await tokens.identify(`${token}A`)).toBeUndefined();
  });

  it('is refused if it names no user or no auth revision, whatever else it says', async () => {
    const { tokens } = open('HS256', undefined, SECRET);
    const revisions = [undefined, null, '7', -1, 2 ** 53, 1e300, true, [7]];
    const claims = [
      {},
      { revision: 7 },
      { username: 7, revision: 7 },
      { username: ['root'], revision: 7 },
      ...revisions.map((revision) => ({ username: 'root', revision })),
      { username: 'root', revision: 7, exp: 'tomorrow' },
    ];
    for (const claim of claims) {
      const made = new SignJWT(claim as never).setProtectedHeader({ alg: 'HS256' }).sign(SECRET);
      expect([claim, await tokens.identify(await made)]).toEqual([claim, undefined]);
    }
  });

  it('is refused without a crash, and without telling the log more than why', async () => {
    const { tokens, logger } = open('HS256', undefined, SECRET);
    const nonsense = ['', '.', '..', '...', 'a.b.c', 'e30.e30.e30', '\0', '💥.💥.💥'];
    nonsense.push(`${(await issue(tokens)).split('.').slice(0, 2).join('.')}é.AAAA`);
    const secretive = `${b64({ alg: 'HS256' })}.${b64({ username: 'TOPSECRET' })}.AAAA`;
    const huge = `${b64({ alg: 'HS256' })}.${'A'.repeat(100_000)}.AAAA`;
    for (const token of [...nonsense, secretive, huge]) {
      expect(await tokens.identify(token)).toBeUndefined();
    }
    expect(logger.warnings.length).toBeGreaterThan(0);
    expect(JSON.stringify(logger.warnings)).not.toContain(secretive.slice(25, 60));
  });
});
