import { SimpleTokens } from './simple-tokens.js';
import { TestClock } from './testing/store.js';

const TTL_MS = 300_000;
const LOGIN = { username: 'u', tokenPrefix: 'abcdefghijklmnop', index: 12 };
const TOKEN = 'abcdefghijklmnop.12';

function openTokens(applied: (index: number) => true | Promise<boolean> = () => true) {
  const clock = new TestClock();
  let drawn = 0;
  const tokens = new SimpleTokens({
    clock,
    ttlSeconds: TTL_MS / 1000,
    secureBelow: (limit) => (drawn += 7) % limit,
    applied,
  });
  tokens.enable();
  return { tokens, clock };
}

describe('a simple token', () => {
  it('is sixteen letters and the index of the log entry that made it', () => {
    const { tokens } = openTokens();
    expect(tokens.newPrefix()).toMatch(/^[a-zA-Z]{16}$/);
    expect(tokens.newPrefix()).not.toBe(tokens.newPrefix());
    expect(tokens.issue(LOGIN)).toEqual({ kind: 'ok', token: TOKEN });
  });

  it('stands for its user at the auth revision of the moment', () => {
    const { tokens } = openTokens();
    tokens.loggedIn(LOGIN);
    expect(tokens.identify(TOKEN, 5)).toEqual({ username: 'u', revision: 5 });
    expect(tokens.identify(TOKEN, 6)).toEqual({ username: 'u', revision: 6 });
  });

  it('lives as long as it is used, and then its time to live', () => {
    const { tokens, clock } = openTokens();
    tokens.loggedIn(LOGIN);
    for (let use = 0; use < 5; use++) {
      clock.nowMs += TTL_MS - 1;
      expect(tokens.identify(TOKEN, 1)).toBeDefined();
    }
    clock.nowMs += TTL_MS;
    expect(tokens.identify(TOKEN, 1)).toBeUndefined();
    expect(tokens.size).toBe(0);
  });

  it('is forgotten in time although nobody asks for it, and only then', () => {
    const { tokens, clock } = openTokens();
    tokens.loggedIn(LOGIN);
    clock.nowMs += TTL_MS / 2;
    tokens.loggedIn({ ...LOGIN, index: 13 });
    expect(tokens.identify(TOKEN, 1)).toBeDefined();
    tokens.loggedIn({ ...LOGIN, index: 14 });
    clock.nowMs += TTL_MS / 2;
    tokens.expire();
    expect(tokens.size).toBe(3);
    clock.nowMs += TTL_MS / 2;
    tokens.expire();
    expect(tokens.size).toBe(0);
  });

  it('is nobody’s when it has another form', () => {
    const { tokens } = openTokens(() => {
      throw new Error('nothing to wait for');
    });
    for (const token of [
      '',
      '.',
      'abc',
      'a.b',
      'a.1.2',
      'a.-1',
      'a.1e3',
      'a.99999999999999999999',
    ]) {
      expect(tokens.identify(token, 1)).toBeUndefined();
    }
  });

  it('is waited for if its entry is still to be applied here', async () => {
    let apply: (applied: boolean) => void = () => undefined;
    const { tokens } = openTokens(() => new Promise((resolve) => (apply = resolve)));
    const found = tokens.identify(TOKEN, 3);
    tokens.loggedIn(LOGIN);
    apply(true);
    expect(await found).toEqual({ username: 'u', revision: 3 });
    const given = tokens.identify('elsewhere.99', 3);
    apply(false);
    expect(await given).toBeUndefined();
  });

  it('is not made while authentication is disabled', () => {
    const { tokens } = openTokens();
    tokens.disable();
    tokens.loggedIn(LOGIN);
    expect(tokens.size).toBe(0);
  });

  it('makes room for another when there are very many', () => {
    const { tokens } = openTokens();
    for (let index = 0; index <= 100_000; index++) tokens.loggedIn({ ...LOGIN, index });
    expect(tokens.size).toBe(100_000);
    expect(tokens.identify('abcdefghijklmnop.0', 1)).toBeUndefined();
    expect(tokens.identify('abcdefghijklmnop.1', 1)).toBeDefined();
  });
});
