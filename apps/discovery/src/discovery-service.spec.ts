import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, get, put, ServiceFixture } from './testing/service-fixture.js';

const fixture = new ServiceFixture();
beforeEach(() => fixture.open());
afterEach(() => fixture.close());

const start = (...flags: string[]): Promise<void> => fixture.start(...flags);
const newToken = (query = ''): Promise<string> => fixture.newToken(query);

describe('/new', () => {
  it('answers with the URL of a token and nothing else', async () => {
    await start();
    for (const method of ['GET', 'PUT', 'POST']) {
      const { status, body } = await call(method, `${fixture.origin}/new?size=5`);
      expect(status).toBe(200);
      expect(body).toMatch(new RegExp(`^${fixture.origin}/[0-9a-f]{32}$`, 'u'));
      expect(JSON.parse((await get(`${body}/_config/size`)).body)).toMatchObject({
        node: { value: '5' },
      });
    }
  });

  it('takes the size from a form as well, and three without one', async () => {
    await start();
    const sizes = [
      await call('POST', `${fixture.origin}/new`, 'size=7'),
      await get(`${fixture.origin}/new`),
    ];
    const values = await Promise.all(sizes.map(({ body }) => get(`${body}/_config/size`)));
    expect(values.map(({ body }) => JSON.parse(body).node.value)).toEqual(['7', '3']);
  });

  it.each(['0', '-1', '100', 'x', '3.5', '', '1e1', '9'.repeat(300)])(
    'says what is wrong with size=%s',
    async (size) => {
      await start();
      const { status, body } = await get(`${fixture.origin}/new?size=${size}`);
      expect([status, body]).toEqual([400, expect.stringContaining('give 1 to 99, as in')]);
      expect(body.length).toBeLessThan(200);
    },
  );

  it('calls itself what --host says, and otherwise what its caller does, if that is a name', async () => {
    await start('--host', 'https://discovery.example.com/');
    expect(await newToken()).toMatch(/^https:\/\/discovery\.example\.com\/[0-9a-f]{32}$/u);
    await fixture.service?.stop();
    await start();
    const named = await fetchAs('meet.example:81', '/new');
    expect(named).toMatch(/^http:\/\/meet\.example:81\/[0-9a-f]{32}$/u);
    expect(await fetchAs('a"b<script>', '/new')).toMatch(new RegExp(`^${fixture.origin}/`, 'u'));
  });

  it('has no flags of v3 discovery where nobody could meet', async () => {
    await start();
    expect(await get(`${fixture.origin}/new?v=3`)).toMatchObject({
      status: 400,
      body: 'this service has no endpoints for v3 discovery\n',
    });
    const json = await fetch(`${fixture.origin}/new?size=1`, {
      headers: { accept: 'application/json' },
    });
    expect(await json.json()).toEqual({
      discovery: expect.stringContaining(fixture.origin),
      size: 1,
      ttl: '168h',
    });
  });

  it('stops making tokens for an address that wants too many, and says when to come back', async () => {
    await start('--new-per-minute', '2');
    await newToken();
    await newToken();
    const response = await fetch(`${fixture.origin}/new`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
    fixture.aheadMs = 30_000;
    expect((await fetch(`${fixture.origin}/new`)).status).toBe(200);
  });

  it('stops making tokens when it keeps as many as it may', async () => {
    await start('--max-tokens', '1');
    await newToken();
    expect((await get(`${fixture.origin}/new`)).status).toBe(503);
  });
});

describe('a token', () => {
  it('answers in the JSON of the v2 keys API, with the index in a header', async () => {
    await start();
    const token = await newToken('?size=2');
    const key = `/_etcd/registry/${token.slice(-32)}`;
    expect(await get(token)).toEqual({
      status: 200,
      index: '1',
      body: `{"action":"get","node":{"key":"${key}","dir":true,"modifiedIndex":1,"createdIndex":1}}\n`,
    });
    const entry = `{"key":"${key}/ab","value":"a=http://10.0.0.1:2380","modifiedIndex":2,"createdIndex":2}`;
    expect(await put(`${token}/ab`, 'a=http://10.0.0.1:2380')).toEqual({
      status: 201,
      index: '2',
      body: `{"action":"create","node":${entry}}\n`,
    });
    expect((await get(`${token}/?recursive=true`)).body).toBe(
      `{"action":"get","node":{"key":"${key}","dir":true,"nodes":[${entry}],"modifiedIndex":1,"createdIndex":1}}\n`,
    );
    expect((await get(`${token}/ab`)).body).toBe(`{"action":"get","node":${entry}}\n`);
    expect((await call('DELETE', `${token}/ab`)).body).toBe(
      `{"action":"delete","node":{"key":"${key}/ab","modifiedIndex":3,"createdIndex":2},"prevNode":${entry}}\n`,
    );
  });

  it('answers for every key below it as an etcd would', async () => {
    await start();
    const token = await newToken('?size=2');
    const key = `/_etcd/registry/${token.slice(-32)}`;
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    const size = `{"key":"${key}/_config/size","value":"2","modifiedIndex":1,"createdIndex":1}`;
    const config = `{"action":"get","node":{"key":"${key}/_config","dir":true,"nodes":[${size}],"modifiedIndex":1,"createdIndex":1}}\n`;
    for (const path of ['/_config', '/_config/']) {
      expect((await get(token + path)).body).toBe(config);
    }
    expect((await get(`${token}/_config/size/`)).body).toBe(`{"action":"get","node":${size}}\n`);
    expect(await get(`${token}/ab/`)).toEqual(await get(`${token}/ab`));
    const errors = [
      await get(`${token}/ab/cd`),
      await call('DELETE', token),
      await put(token, 'x'),
      await put(`${token}/_config/size`, '7'),
    ].map(({ status, body }) => [status, JSON.parse(body).errorCode, JSON.parse(body).cause]);
    expect(errors).toEqual([
      [404, 100, `${key}/ab/cd`],
      [403, 102, key],
      [403, 102, key],
      [403, 106, `${key}/_config/size`],
    ]);
    expect((await call('POST', token, 'value=x')).status).toBe(405);
  });

  it('refuses what would spoil a cluster, in the codes of the v2 API', async () => {
    await start();
    const token = await newToken('?size=1');
    const url = 'a=http://10.0.0.1:2380';
    const refusals = [
      await put(`${token}/ab`, 'nonsense'),
      await put(`${token}/xyz`, url),
      await call('PUT', `${token}/ab`, ''),
      await call('PUT', `${token}/ab?prevExist=true`, `value=${url}`),
      await call('PUT', `${token}/ab?ttl=5`, `value=${url}`),
      await put(`${token}/_config`, url),
      await put(`${token}/_config/size`, '5'),
      await put(token, '5'),
      await call('PUT', `${token}/ab`, `value=${'x'.repeat(20_000)}`),
      await get(`${token}/ab`),
      await get(`${token}?wait=maybe`),
      await get(`${token}?wait=true&waitIndex=soon`),
      await get(`${token}?wait=true&stream=true`),
      await put(`${fixture.origin}/${'0'.repeat(32)}/ab`, url),
      await get(`${fixture.origin}/${'0'.repeat(32)}/_config/size`),
    ];
    expect(refusals.map(({ status, body }) => [status, JSON.parse(body).errorCode])).toEqual([
      ...[
        [400, 209],
        [400, 209],
        [400, 200],
        [400, 209],
        [400, 209],
        [403, 106],
        [403, 106],
      ],
      ...[
        [403, 102],
        [400, 210],
        [404, 100],
        [400, 209],
        [400, 203],
        [400, 209],
        [404, 100],
      ],
      [404, 100],
    ]);
    await put(`${token}/ab`, url);
    const afterwards = [
      await put(`${token}/ab`, url),
      await put(`${token}/cd`, 'c=http://10.0.0.2:2380'),
      await call('DELETE', `${token}/ab`),
    ];
    expect(afterwards.map(({ status, body }) => [status, JSON.parse(body).errorCode])).toEqual([
      [412, 105],
      [403, 103],
      [403, 107],
    ]);
  });

  it('is forgotten when its time is over', async () => {
    await start('--ttl', '1h');
    const token = await newToken();
    fixture.aheadMs = 3_600_000;
    expect((await get(token)).status).toBe(404);
  });

  it('outlives the service', async () => {
    await start();
    const token = await newToken();
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    const before = await get(token);
    await fixture.service?.stop();
    await start();
    const after = await get(`${fixture.origin}/${token.slice(-32)}`);
    expect(after).toEqual(before);
  });
});

describe('for those who run it and those who pass by', () => {
  it('there is a health check that writes, a page, and nothing for robots', async () => {
    await start('--max-size', '7');
    expect(await get(`${fixture.origin}/health`)).toMatchObject({ status: 200, body: 'OK' });
    expect((await get(`${fixture.origin}/robots.txt`)).body).toBe('User-agent: *\nDisallow: /\n');
    const page = (await get(`${fixture.origin}/`)).body;
    expect(page).toContain(`curl '<b>${fixture.origin}/new?size=3</b>'`);
    expect(page).toContain('1 to 7');
    expect((await get(`${fixture.origin}/nothing`)).status).toBe(404);
  });

  it('the requests are counted as the original service counts them', async () => {
    await start();
    await get(await newToken());
    await get(`${fixture.origin}/new?size=0`);
    const { body } = await get(`${fixture.origin}/metrics`);
    expect(body).toContain('endpoint_new_requests_total{code="200",method="get"} 1');
    expect(body).toContain('endpoint_new_requests_total{code="400",method="get"} 1');
    expect(body).toContain('endpoint_token_requests_total{code="200",method="get"} 1');
    expect(body).toContain('discovery_tokens 1');
  });

  it('members in a hurry are told to come back, in a way that does not end their start', async () => {
    await start('--requests-per-minute', '1');
    const token = await newToken();
    await get(token);
    expect((await get(token)).status).toBe(503);
  });

  it('the caller is whom the trusted proxies name', async () => {
    await start('--new-per-minute', '1', '--trusted-proxies', '1');
    const from = (address: string) =>
      fetch(`${fixture.origin}/new`, { headers: { 'x-forwarded-for': `6.6.6.6, ${address}` } });
    const statuses = [await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.1')];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  it('the port that is taken is named', async () => {
    await start();
    const port = fixture.service?.port ?? 0;
    const other = mkdtempSync(join(tmpdir(), 'etcd-discovery-'));
    const running = fixture.service;
    await expect(start('--addr', `127.0.0.1:${port}`, '--data-dir', other)).rejects.toThrow(
      /EADDRINUSE/u,
    );
    fixture.service = running;
    rmSync(other, { recursive: true });
  });
});

/** fetch does not let anybody choose the Host header. */
function fetchAs(host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port: fixture.service?.port, path, headers: { host } };
    const sent = request(options, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(body));
    });
    sent.on('error', reject);
    sent.end();
  });
}
