import type { AccessOptions } from './access.js';
import { FakeNode, serve } from './testing/served-node.js';
import type { ServedNode, Reply } from './testing/served-node.js';

let node: FakeNode;
let served: ServedNode;

async function start(access: Partial<AccessOptions> = {}): Promise<void> {
  served = await serve(node, 'client', access);
}

beforeEach(() => (node = new FakeNode()));
afterEach(() => served.close());

describe('other origins and hosts', () => {
  it('are all welcome by default', async () => {
    await start();
    expect((await served.ask('/nope')).headers).toMatchObject({
      'access-control-allow-headers': 'accept, content-type, authorization',
      'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
      'access-control-allow-origin': '*',
    });
    expect(await served.ask('/any', 'OPTIONS')).toMatchObject({ status: 200, body: '' });
  });

  it('are those of the list, if there is one', async () => {
    await start({ corsOrigins: ['http://ok.example:80'] });
    const origin = async (value: string): Promise<string | undefined> =>
      (await served.ask('/version', 'GET', { origin: value })).headers[
        'access-control-allow-origin'
      ];
    expect(await origin('http://ok.example:80')).toBe('http://ok.example:80');
    expect(await origin('http://no.example:80')).toBeUndefined();
  });

  it('are refused by the name of the host when there is a white list', async () => {
    await start({ hostWhitelist: ['good.example', '::1'] });
    const host = (value: string): Promise<Reply> => served.ask('/version', 'GET', { host: value });
    expect((await host('good.example:2379')).status).toBe(200);
    expect((await host('[::1]:2379')).status).toBe(200);
    const refused = await host('evil.com:99');
    expect(refused).toMatchObject({ status: 421, headers: { 'content-length': '370' } });
    expect(refused.body).toContain('--host-whitelist "evil.com"\n');
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
  });
});
