import { Passwords } from './passwords.js';

const patient = (): AbortSignal => new AbortController().signal;
const admit = () => true;
const stored = async (passwords: Passwords, password: string): Promise<Buffer> =>
  Buffer.from(await passwords.hashForLog(password, patient()), 'base64');

describe('passwords', () => {
  it('are known by the hashes etcd has stored', async () => {
    const passwords = new Passwords(4);
    const hashes = {
      allmine: '$2a$10$LPond6hGpXNA7FGSYKddZOwGTVVVfiMzSmT0g2qn1YeIq.dBRmaXW',
      'p\u00e4ss': '$2a$10$P5g9mitIiDzuHEJPvMm/tOt1wtgdSzbcy/PAN8QMbDV4SHANSdgi6',
    };
    for (const [password, hash] of Object.entries(hashes)) {
      const compare = (given: string) =>
        passwords.compare(given, Buffer.from(hash), admit, patient());
      expect(await compare(password)).toBe('equal');
      expect(await compare(`${password} `)).toBe('different');
      expect(await compare('')).toBe('different');
    }
  });

  it('are hashed as etcd writes it, at the cost that is asked for', async () => {
    expect((await stored(new Passwords(5), 'x')).toString()).toMatch(/^\$2a\$05\$.{53}$/);
    expect(Buffer.from(new Passwords(4).hashNow('x')).toString()).toMatch(/^\$2a\$04\$.{53}$/);
  });

  it('cost what etcd takes for the cost when it is none', async () => {
    for (const cost of [0, 3, 32, NaN]) {
      expect((await stored(new Passwords(cost), 'x')).toString()).toMatch(/^\$2a\$10\$/);
    }
  });

  it('are compared to the last byte that bcrypt looks at, zero bytes included', async () => {
    const passwords = new Passwords(4);
    const compare = async (password: string, given: string) =>
      passwords.compare(given, await stored(passwords, password), admit, patient());
    expect(await compare('', '')).toBe('equal');
    expect(await compare('a\0b', 'a\0b')).toBe('equal');
    expect(await compare('a\0b', 'a\0c')).toBe('different');
    expect(await compare('\u{1f600}', '\u{1f600}')).toBe('equal');
    const longest = 'x'.repeat(72);
    expect(await compare(longest, longest)).toBe('equal');
    expect(await compare(longest, longest.slice(1))).toBe('different');
  });

  it('that are longer than bcrypt looks are not hashed', async () => {
    const tooLong = new Passwords(4).hashForLog('\u00e4'.repeat(37), patient());
    await expect(tooLong).rejects.toMatchObject({
      code: 2,
      message: 'bcrypt: password length exceeds 72 bytes',
    });
  });

  it('are different from whatever is no hash', async () => {
    const passwords = new Passwords(4);
    for (const nonsense of ['', 'x', '$2a$10$short', '$2a$99$', '\xff\xfe', '$'.repeat(60)]) {
      const outcome = passwords.compare('', Buffer.from(nonsense, 'latin1'), admit, patient());
      expect(await outcome).toBe('different');
    }
  });

  it('leave the event loop free while they are hashed', async () => {
    const passwords = new Passwords(10);
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    await passwords.hashForLog('x', patient());
    clearInterval(counting);
    expect(turns).toBeGreaterThan(3);
  });
});
