import { randomInt } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { NO_TOKENS, SimpleTokens } from '@etcd-ts/auth';
import type { TokenProvider } from '@etcd-ts/auth';
import { parseGoDuration } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
import { JsonWebTokens } from './json-web-tokens.js';
import { LimitedLog } from './limited-log.js';
import { isJwtAlgorithm, jwtKeys } from './jwt-keys.js';
import { invalidTokenOptions, parseTokenFlag } from './token-flag.js';
import type { InvalidTokenFlag } from './token-flag.js';

const DEFAULT_JWT_TTL_MS = 5 * 60 * 1000;
const JWT_OPTIONS = new Set(['sign-method', 'pub-key', 'priv-key', 'ttl']);
const OTHERS = 0o077;

export interface TokenSetup {
  /** --auth-token. */
  readonly flag: string;
  /** --auth-token-ttl; of simple tokens only. */
  readonly simpleTtlSeconds: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** See SimpleTokensOptions. */
  readonly applied: (index: number) => true | Promise<boolean>;
}

export type TokenSetupOutcome =
  { readonly kind: 'ok'; readonly tokens: TokenProvider } | InvalidTokenFlag;

/** Makes the tokens that --auth-token asks for; reads key files, once, at the start. */
export function setUpTokens(setup: TokenSetup): TokenSetupOutcome {
  const flag = parseTokenFlag(setup.flag);
  switch (flag.kind) {
    case 'invalid':
      return flag;
    case 'none':
      return { kind: 'ok', tokens: NO_TOKENS };
    case 'jwt':
      return setUpJsonWebTokens(flag.options, setup);
    case 'simple':
      return { kind: 'ok', tokens: simpleTokens(setup) };
  }
}

function simpleTokens({ clock, logger, simpleTtlSeconds, applied }: TokenSetup): SimpleTokens {
  logger.warn('simple token is not cryptographically signed');
  return new SimpleTokens({
    clock,
    ttlSeconds: simpleTtlSeconds,
    secureBelow: (limit) => randomInt(limit),
    applied,
  });
}

function setUpJsonWebTokens(
  options: ReadonlyMap<string, string>,
  { clock, logger }: TokenSetup,
): TokenSetupOutcome {
  const ttl = ttlOf(options.get('ttl') ?? '');
  if (ttl.kind === 'invalid') return ttl;
  const publicPem = contentsOf(options.get('pub-key') ?? '');
  const privatePem = contentsOf(options.get('priv-key') ?? '');
  if (publicPem?.kind === 'invalid') return publicPem;
  if (privatePem?.kind === 'invalid') return privatePem;
  const algorithm = options.get('sign-method') ?? '';
  if (!isJwtAlgorithm(algorithm)) {
    return invalidTokenOptions('auth: invalid auth signature method');
  }
  const unknown = [...options.keys()].filter((name) => !JWT_OPTIONS.has(name));
  if (unknown.length > 0) logger.warn('unknown JWT options', { keys: unknown });
  const outcome = jwtKeys(algorithm, publicPem?.bytes, privatePem?.bytes);
  if (outcome.kind === 'invalid') return { ...outcome, reason: `sign-method ${algorithm}` };
  warnOfReaders(options.get('priv-key') ?? '', logger);
  const { keys } = outcome;
  const log = new LimitedLog(clock, logger);
  return { kind: 'ok', tokens: new JsonWebTokens({ keys, ttlMs: ttl.ms, clock, log }) };
}

/** Zero and less make tokens that are void from the start: somebody meant something else. */
function ttlOf(text: string): { readonly kind: 'ok'; readonly ms: number } | InvalidTokenFlag {
  if (text === '') return { kind: 'ok', ms: DEFAULT_JWT_TTL_MS };
  const outcome = parseGoDuration(text);
  if (outcome.kind === 'error') return invalidTokenOptions(outcome.message);
  if (outcome.milliseconds <= 0) return invalidTokenOptions(`ttl ${text} is not positive`);
  return { kind: 'ok', ms: outcome.milliseconds };
}

function contentsOf(
  path: string,
): { readonly kind: 'ok'; readonly bytes: Buffer } | InvalidTokenFlag | undefined {
  if (path === '') return undefined;
  try {
    return { kind: 'ok', bytes: readFileSync(path) };
  } catch (error) {
    return invalidTokenOptions((error as Error).message);
  }
}

/** With the private key anybody makes tokens for root. */
function warnOfReaders(path: string, logger: Logger): void {
  if (path === '') return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) === 0) return;
  logger.warn('private key file can be read by others than its owner', {
    path,
    mode: mode.toString(8).padStart(4, '0'),
  });
}
