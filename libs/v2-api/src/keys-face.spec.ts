import { MAX_FORM_BYTES } from './request-body.js';
import { Served } from './testing/served.js';
import type { AskOptions } from './testing/served.js';

let served: Served;
beforeEach(async () => {
  served = await Served.start();
});
afterEach(() => served.close());

async function ask(method: string, key: string, form?: AskOptions['form']): Promise<string> {
  const { status, body } = await served.ask(
    method,
    `/v2/keys${key}`,
    form === undefined ? {} : { form },
  );
  return `${status} ${body.trim()}`;
}

describe('/v2/keys', () => {
  it('answers with the indexes of store and log, and the cluster’s id', async () => {
    const reply = await served.ask('PUT', '/v2/keys/a', { form: { value: 'x' } });
    expect(reply.status).toBe(201);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'x-etcd-cluster-id': 'cdf818194e3a8c32',
      'x-etcd-index': '4',
      'x-raft-index': '5',
      'x-raft-term': '2',
    });
    expect(reply.body).toBe(
      '{"action":"set","node":{"key":"/a","value":"x","modifiedIndex":4,"createdIndex":4}}\n',
    );
  });

  it('says with a refusal only what the store’s index is', async () => {
    const { status, headers, body } = await served.ask('GET', '/v2/keys/none/x');
    expect([status, body]).toEqual([
      404,
      '{"errorCode":100,"message":"Key not found","cause":"/none","index":3}\n',
    ]);
    expect(headers).toMatchObject({ 'x-etcd-index': '3', 'x-etcd-cluster-id': 'cdf818194e3a8c32' });
    expect(headers).not.toHaveProperty('x-raft-index');
  });

  it('takes parameters from the body and from the query, the body’s first', async () => {
    expect(await ask('PUT', '/a?value=query&ttl=7', 'value=body')).toContain(
      '"value":"body","expiration":"2023-11-14T22:13:27Z","ttl":7',
    );
  });

  it('takes no body but a form’s', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const { body } = await served.ask('PUT', '/v2/keys/a', { form: 'value=x', headers });
    expect(body).toContain('"value":""');
    expect(await ask('DELETE', '/a', 'prevValue=other')).toMatch(/^200/u);
  });

  it('knows keys in any characters', async () => {
    expect(await ask('PUT', '/%E2%82%AC%20%3Cx%3E/a+b%3Fc', { value: '😀' })).toContain(
      '"key":"/€ \\u003cx\\u003e/a+b?c","value":"😀"',
    );
    expect(await ask('GET', '/%E2%82%AC%20%3Cx%3E/a+b%3Fc')).toMatch(/^200/u);
  });

  it('sends to the clean path who asks for another', async () => {
    const { status, headers, body } = await served.ask('GET', '/v2/keys//a/../%C3%A9!?x=1&y');
    expect([status, headers['location']]).toEqual([301, '/v2/keys/%C3%A9%21?x=1&y']);
    expect(body).toBe('<a href="/v2/keys/%C3%A9%21?x=1&amp;y">Moved Permanently</a>.\n\n');
    expect(
      (await served.ask('PUT', '/v2/keys/%2e%2e/%2e%2e/etc', { form: { value: '' } })).headers[
        'location'
      ],
    ).toBe('/etc');
  });

  it.each([
    ['recursive=x', '209 invalid value for "recursive"'],
    ['prevExist=', '209 invalid value for prevExist'],
    ['prevIndex=-1', '203 invalid value for "prevIndex"'],
    ['waitIndex=18446744073709551616', '203 invalid value for "waitIndex"'],
    ['ttl=1.5', '202 invalid value for "ttl"'],
    ['prevValue=', '201 "prevValue" cannot be empty'],
    ['wait=true', '209 "wait" can only be used with GET requests'],
    ['refresh=true', '212 No TTL value set'],
    ['refresh=true&value=x', '211 A value was provided on a refresh'],
    ['a=%zz', '210 invalid URL escape "%zz"'],
  ])('refuses %s', async (query, expected) => {
    const { status, headers, body } = await served.ask('PUT', `/v2/keys/a?${query}`);
    const { errorCode, cause } = JSON.parse(body) as { errorCode: number; cause: string };
    expect([status, headers['x-etcd-index'], `${errorCode} ${cause}`]).toEqual([
      400,
      '0',
      expected,
    ]);
    expect(served.server.store.index).toBe(3);
  });

  it('takes a TTL beyond what a clock can count for what it wraps to', async () => {
    expect(await ask('PUT', '/a', { ttl: '9999999999' })).not.toContain('expiration');
    expect(await ask('PUT', '/a', { ttl: '0', prevExist: 'true' })).toContain(
      '"expiration":"2023-11-14T22:13:20Z","modifiedIndex":5',
    );
  });

  it('keeps quiet about values if asked, but for deletions', async () => {
    expect(await ask('PUT', '/a?noValueOnSuccess=true', { value: 'x' })).toBe(
      '201 {"action":"set"}',
    );
    expect(await ask('GET', '/a?noValueOnSuccess=true')).toContain('"value":"x"');
    expect(await ask('DELETE', '/a?noValueOnSuccess=true')).toContain('"prevNode"');
  });

  it('reads for HEAD without a body', async () => {
    await ask('PUT', '/a', { value: 'x' });
    const { status, headers, body } = await served.ask('HEAD', '/v2/keys/a');
    expect([status, headers['x-etcd-index'], headers['content-length'], body]).toEqual([
      200,
      '4',
      '84',
      '',
    ]);
  });

  it('refuses other methods', async () => {
    const { status, headers } = await served.ask('PATCH', '/v2/keys/a');
    expect([status, headers['allow']]).toEqual([405, 'HEAD,GET,PUT,POST,DELETE']);
  });

  it('tells why a change could not be agreed on', async () => {
    served.server.refusal = new Error('etcdserver: request timed out');
    const timedOut =
      '500 {"errorCode":300,"message":"Raft Internal Error","cause":"etcdserver: request timed out","index":0}';
    expect(await ask('PUT', '/a', { value: 'x' })).toBe(timedOut);
    expect(await ask('GET', '/a?quorum=true')).toBe(timedOut);
    expect(await ask('GET', '/a')).toMatch(/^404/u);
  });

  it('refuses a form that is too large, and ends the connection', async () => {
    const reply = await served.ask('PUT', '/v2/keys/a', {
      form: `value=${'x'.repeat(MAX_FORM_BYTES)}`,
    });
    expect(reply.body).toContain(
      '"errorCode":210,"message":"Invalid POST form","cause":"http: POST too large"',
    );
    expect(reply.headers['connection']).toBe('close');
    const length = MAX_FORM_BYTES - 'value='.length;
    expect(await ask('PUT', '/b?noValueOnSuccess=true', `value=${'x'.repeat(length)}`)).toMatch(
      /^201/u,
    );
  });
});
