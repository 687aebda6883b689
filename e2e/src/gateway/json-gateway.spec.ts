import { request } from 'node:http';
import { EtcdProcess, eventually, type Flavour } from '@etcd-ts/testkit';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const FLAVOURS: readonly Flavour[] = ['ours', 'reference'];
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** In order: what the answers of one depend on, the ones before have written. */
const REQUESTS: readonly (readonly [path: string, body: object])[] = [
  ['kv/put', { key: base64('a'), value: base64('1') }],
  ['kv/put', { key: base64('b'), value: base64('2'), lease: '0', prev_kv: true }],
  ['kv/put', { key: base64('a'), value: base64('3'), prev_kv: true }],
  ['kv/range', { key: base64('a') }],
  ['kv/range', { key: base64('a'), range_end: 'AA==', sort_order: 'DESCEND', sort_target: 'KEY' }],
  ['kv/range', { key: 'AA==', rangeEnd: 'AA==', limit: 1, countOnly: false }],
  ['kv/range', { key: base64('a'), revision: 2, unknown: [1] }],
  ['kv/range', { key: base64('a'), revision: '99' }],
  ['kv/range', {}],
  [
    'kv/txn',
    {
      compare: [{ target: 'VALUE', result: 'EQUAL', key: base64('a'), value: base64('3') }],
      success: [
        { request_put: { key: base64('c'), value: base64('4') } },
        { requestRange: { key: base64('c') } },
      ],
      failure: [{ request_delete_range: { key: base64('a') } }],
    },
  ],
  ['kv/deleterange', { key: base64('b'), prev_kv: true }],
  ['lease/grant', { TTL: 600, ID: '7587862094143488535' }],
  ['lease/grant', { TTL: '600', ID: 7 }],
  ['lease/leases', {}],
  ['kv/put', { key: base64('l'), value: base64('5'), lease: 7 }],
  ['kv/range', { key: base64('l') }],
  ['lease/revoke', { ID: 7 }],
  ['kv/lease/revoke', { ID: 7 }],
  ['kv/compaction', { revision: 3 }],
  ['kv/compaction', { revision: 2 }],
  ['kv/compaction', { revision: '999' }],
  ['cluster/member/list', {}],
  ['auth/authenticate', { name: 'a', password: 'b' }],
  ['auth/user/add', { name: 'reader', password: 'secret' }],
  ['auth/role/add', { name: 'all' }],
  [
    'auth/role/grant',
    { name: 'all', perm: { permType: 'READWRITE', key: base64('a'), range_end: base64('z') } },
  ],
  ['auth/role/get', { role: 'all' }],
  ['auth/user/grant', { user: 'reader', role: 'all' }],
  ['auth/user/get', { name: 'reader' }],
  ['auth/user/get', { name: 'nobody' }],
  ['lock/lock', { name: base64('door'), lease: '7587862094143488535' }],
  ['election/leader', { name: base64('none') }],
];

describe('the JSON gateway', () => {
  const nodes = new Map<Flavour, EtcdProcess>();
  beforeAll(async () => {
    for (const flavour of FLAVOURS) nodes.set(flavour, await EtcdProcess.start({ flavour }));
  });
  afterAll(async () => {
    for (const node of nodes.values()) await node.dispose();
  });

  const urlOf = (flavour: Flavour, path: string): string =>
    `http://${nodes.get(flavour)?.endpoint ?? ''}/v3/${path}`;

  async function post(flavour: Flavour, path: string, body: unknown): Promise<Reply> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(urlOf(flavour, path), { method: 'POST', body: text });
    return { status: response.status, body: (await response.json()) as Reply['body'] };
  }

  it('answers as the original’s, requests and refusals alike', async () => {
    for (const [path, body] of REQUESTS) {
      const [ours, theirs] = await Promise.all(FLAVOURS.map((each) => post(each, path, body)));
      const seen = { path, ...(ours?.status === 200 ? ours.body : messageOf(ours)) };
      const wanted = { path, ...(theirs?.status === 200 ? theirs.body : messageOf(theirs)) };
      expect(seen).toEqual(wanted);
    }
  });

  /** The form of an error, and some statuses, are those of 3.6: 3.4 had others. */
  const messageOf = (reply: Reply | undefined): object => ({
    code: reply?.body['code'],
    message: reply?.body['message'],
  });

  it('says a refusal as 3.6 does', async () => {
    expect(await post('ours', 'kv/range', {})).toEqual({
      status: 400,
      body: { code: 3, message: 'etcdserver: key is not provided', details: [] },
    });
    expect((await post('ours', 'auth/user/get', { name: 'nobody' })).status).toBe(400);
    expect((await post('ours', 'no/such', {})).status).toBe(404);
    expect((await fetch(urlOf('ours', 'kv/range'))).status).toBe(501);
  });

  it.each(['{"key":5}', '{"key":"!!!"}', '{"limit":"x"}', '[]', '{"key', '{"sort_order":"UP"}'])(
    'refuses %s as the original does, with code 3',
    async (body) => {
      const replies = await Promise.all(FLAVOURS.map((each) => post(each, 'kv/range', body)));
      for (const reply of replies) {
        expect({ status: reply.status, code: reply.body['code'] }).toEqual({
          status: 400,
          code: 3,
        });
      }
    },
  );

  it.each(FLAVOURS)('streams what is watched, a line for each message: %s', async (flavour) => {
    const lines: string[] = [];
    const watch = request(urlOf(flavour, 'watch'), { method: 'POST' }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => lines.push(chunk));
      response.on('error', () => undefined);
    });
    watch.on('error', () => undefined);
    watch.end(JSON.stringify({ create_request: { key: base64('watched') } }));
    const seen = (count: number) =>
      eventually(
        'lines',
        () => (lines.join('').split('\n').length > count ? true : undefined),
        5000,
      );
    await seen(1);
    await post(flavour, 'kv/put', { key: base64('watched'), value: base64('x') });
    await post(flavour, 'kv/deleterange', { key: base64('watched') });
    await seen(3);
    watch.destroy();
    const events = lines
      .join('')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { result: { events?: { type?: string }[] } }).result)
      .flatMap(({ events = [] }) => events.map(({ type }) => type));
    expect(events).toEqual([undefined, 'DELETE']);
  });

  it('answers a browser’s preflight', async () => {
    const response = await fetch(urlOf('ours', 'kv/put'), {
      method: 'OPTIONS',
      headers: { Origin: 'http://page', 'Access-Control-Request-Method': 'POST' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});
