import { freePort, runCommand, type EtcdProcess } from '@etcd-ts/testkit';

import { startSecureNode } from './secure-node.js';

const KEY = Buffer.from('k').toString('base64');
const VALUE = Buffer.from('v').toString('base64');

let node: EtcdProcess;
let plainUrl: string;
beforeAll(async () => {
  plainUrl = `http://127.0.0.1:${await freePort()}`;
  node = await startSecureNode({
    moreClientUrls: [plainUrl],
    flags: ['--auto-tls', '--enable-v2', '--host-whitelist', '127.0.0.1'],
  });
});
afterAll(() => node.dispose());

async function curl(url: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand('curl', [
    ...['--silent', '--show-error', '--insecure', '--max-time', '10'],
    ...['--write-out', '\n%{http_version} %{http_code}', ...args, url],
  ]);
  if (exitCode !== 0) throw new Error(`curl ${url}: ${stderr}`);
  return stdout;
}

describe.each([
  ['over TLS, as negotiated', (): string => `https://${node.endpoint}`, '--http2'],
  ['over TLS, HTTP/2 alone', (): string => `https://${node.endpoint}`, '--http2-prior-knowledge'],
  ['without TLS, by prior knowledge', (): string => plainUrl, '--http2-prior-knowledge'],
])('HTTP/2 %s', (_how, url, flag) => {
  const ask = (path: string, ...args: readonly string[]): Promise<string> =>
    curl(url() + path, flag, ...args);

  it.each([
    ['/health', /^\{"health":"true","reason":""\}\n2 200$/u],
    ['/version', /^\{"etcdserver"[^]*\n2 200$/u],
    ['/metrics', /etcd_server_has_leader 1[^]*\n2 200$/u],
    ['/nothing', /^404 page not found\n\n2 404$/u],
  ])('serves %s', async (path, expected) => {
    expect(await ask(path)).toMatch(expected);
  });

  it('serves the JSON API', async () => {
    const put = JSON.stringify({ key: KEY, value: VALUE });
    expect(await ask('/v3/kv/put', '--data', put)).toMatch(/"revision":"\d+"[^]*\n2 200$/u);
    const range = JSON.stringify({ key: KEY });
    expect(await ask('/v3/kv/range', '--data', range)).toMatch(/"value":"dg=="[^]*\n2 200$/u);
  });

  it('serves the v2 API, waiting for a change as well', async () => {
    expect(await ask('/v2/keys/a', '--request', 'PUT', '--data', 'value=1')).toMatch(
      /"action":"set"[^]*\n2 20[01]$/u,
    );
    const waiting = ask('/v2/keys/a?wait=true&waitIndex=1');
    expect(await waiting).toMatch(/"action":"set"[^]*\n2 200$/u);
  });
});

it('HTTP/2 without TLS is refused for another host as HTTP/1.1 is', async () => {
  const rebound = ['--header', 'Host: evil.example'];
  for (const flag of ['--http2-prior-knowledge', '--http1.1']) {
    expect(await curl(`${plainUrl}/version`, flag, ...rebound)).toMatch(/ 421$/u);
  }
});
