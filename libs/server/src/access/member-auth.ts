import { AuthStore } from '@etcd-ts/auth';
import type { AuthBuckets, TokenProvider } from '@etcd-ts/auth';
import type { ServerConfig } from '@etcd-ts/config';
import { LimitedLog, LoginThrottle, Passwords, setUpTokens } from '@etcd-ts/credentials';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { Lessor } from '@etcd-ts/lease';

import { BootstrapError } from '../bootstrap/bootstrap-error.js';
import { requestTimeoutMs } from '../request-timeout.js';
import { AppliedWaits } from './applied-waits.js';

/** What logins are checked with, beside the replicated state. */
export interface LoginParts {
  readonly tokens: TokenProvider;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly log: LimitedLog;
}

export interface MemberAuth {
  /** Users, roles and permissions: replicated, and in the backend's buckets. */
  readonly auth: AuthStore;
  readonly logins: LoginParts;
  readonly appliedWaits: AppliedWaits;
}

export interface MemberAuthParts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly buckets: AuthBuckets;
  readonly lessor: Pick<Lessor, 'keysOf'>;
  readonly appliedIndex: () => number;
}

/** Loads the state, too. Throws a BootstrapError when --auth-token asks for what cannot be. */
export function openMemberAuth(parts: MemberAuthParts): MemberAuth {
  const { config, clock, buckets, lessor } = parts;
  const logger = parts.logger.named('auth');
  const appliedWaits = new AppliedWaits(clock, requestTimeoutMs(config), parts.appliedIndex);
  const setup = setUpTokens({
    flag: config.authToken,
    simpleTtlSeconds: config.authTokenTtlSeconds,
    clock,
    logger,
    applied: (index) => appliedWaits.wait(index),
  });
  if (setup.kind === 'invalid') {
    logger.error('failed to create token provider', { error: setup.message, why: setup.reason });
    throw new BootstrapError(setup.message);
  }
  const { tokens } = setup;
  const passwords = new Passwords(config.bcryptCost);
  const auth = new AuthStore({
    buckets,
    tokens,
    keysOfLease: (lease) => lessor.keysOf(lease),
    hashNow: (password) => passwords.hashNow(password),
    logger,
  });
  auth.load();
  const log = new LimitedLog(clock, logger);
  const throttle = new LoginThrottle(clock, log);
  return { auth, logins: { tokens, passwords, throttle, log }, appliedWaits };
}
