import { complaintAboutEndpoints } from './loop-check.js';
import { parseRemote } from './remote.js';

describe('endpoints of a proxy', () => {
  const complaint = (listen: string, ...endpoints: string[]): Promise<string | undefined> => {
    const parsed = [listen, ...endpoints].map((text) => parseRemote(text) ?? { host: '', port: 0 });
    const [own = { host: '', port: 0 }, ...others] = parsed;
    return complaintAboutEndpoints(own, others, 'gateway');
  };

  it('may be others at the same address or the same port', async () => {
    expect(await complaint('127.0.0.1:1', '127.0.0.1:2', '127.0.0.9:1')).toBeUndefined();
  });

  it('are refused when they lead back to it', async () => {
    const looped = 'should not resolve to the gateway listen addr';
    expect(await complaint('127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:1')).toBe(
      `SRV or endpoint (127.0.0.1:1->127.0.0.1:1) ${looped} (127.0.0.1:1)`,
    );
    expect(await complaint('127.0.0.1:1', 'localhost:1')).toContain(looped);
    expect(await complaint('0.0.0.0:1', '127.0.0.1:1')).toContain(looped);
  });

  it('must have addresses', async () => {
    expect(await complaint('127.0.0.1:1', 'nowhere.invalid:1')).toBe(
      'failed to resolve endpoint host: nowhere.invalid',
    );
  });
});

describe('an endpoint', () => {
  it.each([
    ['127.0.0.1:1', '127.0.0.1', 1, false],
    ['http://a.b:65535/', 'a.b', 65_535, false],
    ['https://[::1]:2379', '::1', 2379, true],
  ])('%s', (text, host, port, isTls) => {
    expect(parseRemote(text)).toEqual({ host, port, isTls });
  });

  it.each(['', 'foo', ':1', 'a:0', 'a:65536', 'a:b', '::1:2', 'http://a'])('%j is none', (text) => {
    expect(parseRemote(text)).toBeUndefined();
  });
});
