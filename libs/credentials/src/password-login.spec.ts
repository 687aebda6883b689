import { NO_TOKENS, SimpleTokens } from '@etcd-ts/auth';
import type { AuthStore, TokenProvider } from '@etcd-ts/auth';
import { LimitedLog } from './limited-log.js';
import { FREE_ATTEMPTS, LoginThrottle } from './login-throttle.js';
import { PasswordLogin } from './password-login.js';
import { Passwords } from './passwords.js';
import { TestClock, warningLog } from './testing/clock-and-log.js';
import { addUser, openAuth } from './testing/open-auth.js';

const patient = (): AbortSignal => new AbortController().signal;
const PASSWORD = 'open sesame';

function simpleTokens(clock: TestClock): SimpleTokens {
  return new SimpleTokens({
    clock,
    ttlSeconds: 300,
    secureBelow: (limit) => Math.floor(limit / 2),
    applied: () => true,
  });
}

/** A member that applies at once; `during` happens between the comparison and the apply. */
async function openLogin(options: { tokens?: TokenProvider; during?: (auth: AuthStore) => void }) {
  const clock = new TestClock();
  const logger = warningLog();
  const log = new LimitedLog(clock, logger);
  const tokens = options.tokens ?? simpleTokens(clock);
  const auth = openAuth(tokens);
  const passwords = new Passwords(4);
  addUser(auth, 'u', await passwords.hashForLog(PASSWORD, patient()));
  const proposed: string[] = [];
  const login = new PasswordLogin({
    auth,
    tokens,
    passwords,
    throttle: new LoginThrottle(clock, log),
    log,
    readIndex: () => Promise.resolve(),
    propose: async (username, tokenPrefix) => {
      options.during?.(auth);
      proposed.push(`${username} ${tokenPrefix}`);
      const index = proposed.length;
      const outcome = auth.logIn({ username, tokenPrefix, index });
      if (outcome.kind === 'refused') throw new Error(outcome.failure);
      return index;
    },
  });
  const attempt = (name: string, password: string) =>
    login.authenticate({ name, password, address: '10.0.0.1', signal: patient() });
  return { attempt, auth, tokens, logger, proposed };
}

describe('a login with a password', () => {
  it('gives a token for the user, and the log never sees the password', async () => {
    const { attempt, auth, tokens, proposed } = await openLogin({});
    const token = await attempt('u', PASSWORD);
    expect(await tokens.identify(token, 9)).toEqual({ username: 'u', revision: 9 });
    expect(proposed).toHaveLength(1);
    expect(proposed.join()).not.toContain(PASSWORD);
    expect(auth.enabled).toBe(true);
  });

  it('fails alike for a wrong password and an unknown user, and says which user in the log', async () => {
    const { attempt, logger, proposed } = await openLogin({});
    const failure = {
      code: 3,
      message: 'etcdserver: authentication failed, invalid user ID or password',
    };
    await expect(attempt('u', 'wrong')).rejects.toMatchObject(failure);
    await expect(attempt('nobody', PASSWORD)).rejects.toMatchObject(failure);
    expect(logger.warnings.map(({ fields }) => fields['user'])).toEqual(['u', 'nobody']);
    expect(JSON.stringify(logger.warnings)).not.toMatch(/wrong|sesame/);
    expect(proposed).toEqual([]);
  });

  it('fails in etcd’s words while authentication is disabled, and for users without password', async () => {
    const { attempt, auth } = await openLogin({});
    auth.users.add({ name: 'c', noPassword: true, password: '', hashedPassword: '' });
    await expect(attempt('c', '')).rejects.toMatchObject({
      code: 2,
      message: 'auth: authentication failed, password was given for no password user',
    });
    auth.disable();
    await expect(attempt('u', PASSWORD)).rejects.toMatchObject({
      code: 9,
      message: 'etcdserver: authentication is not enabled',
    });
  });

  it('begins anew when users change meanwhile: a new password makes the old one wrong', async () => {
    let changes = 0;
    const hash = await new Passwords(4).hashForLog('another', patient());
    const { attempt, proposed } = await openLogin({
      during: (auth) => {
        if (changes++ === 0) {
          auth.users.changePassword('u', { password: '', hashedPassword: hash });
        }
      },
    });
    await expect(attempt('u', PASSWORD)).rejects.toThrow('authentication failed');
    expect(proposed).toHaveLength(1);
  });

  it('succeeds in the next round when what changed was something else', async () => {
    let changes = 0;
    const { attempt, proposed } = await openLogin({
      during: (auth) => {
        if (changes++ < 3) auth.roles.add(`r${changes}`);
      },
    });
    expect(await attempt('u', PASSWORD)).toMatch(/\.4$/);
    expect(proposed).toHaveLength(4);
  });

  it('gives up, in words that make clients try again, when there is no end of changes', async () => {
    let changes = 0;
    const { attempt } = await openLogin({ during: (auth) => void auth.roles.add(`r${changes++}`) });
    await expect(attempt('u', PASSWORD)).rejects.toMatchObject({
      code: 3,
      message: 'etcdserver: revision of auth store is old',
    });
  });

  it('is refused without a look after too many wrong ones, however many come at once', async () => {
    const { attempt } = await openLogin({});
    const guesses = Array.from({ length: 60 }, (_, at) =>
      attempt('u', `guess ${at}`).catch((error: Error) => error.message),
    );
    const outcomes = await Promise.all(guesses);
    const looked = outcomes.filter((message) => message.includes('authentication failed'));
    expect(looked).toHaveLength(FREE_ATTEMPTS);
    await expect(attempt('u', PASSWORD)).rejects.toMatchObject({
      code: 8,
      message: 'etcdserver: too many requests',
    });
  });

  it('fails where there are no tokens, or none can be made', async () => {
    const none = await openLogin({ tokens: NO_TOKENS });
    await expect(none.attempt('u', PASSWORD)).rejects.toThrow('authentication failed');
    const verifyOnly = { ...NO_TOKENS, issue: () => ({ kind: 'verifyOnly' }) as const };
    const { attempt } = await openLogin({ tokens: verifyOnly });
    await expect(attempt('u', PASSWORD)).rejects.toMatchObject({
      code: 2,
      message: 'auth: token signing attempted with verify-only key',
    });
  });
});
