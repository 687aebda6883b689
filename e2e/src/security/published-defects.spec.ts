import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';

import { RpcClient } from '@etcd-ts/testkit';
import { AlarmRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { processorMs } from '../login-flood/processor-time.js';
import { base64, GuardedNode, LEASE, SECRETS } from './guarded-node.js';

let node: GuardedNode;
beforeAll(async () => (node = await GuardedNode.start()), 60_000);
afterAll(() => node.process.dispose());

const KEY = Buffer.from('k');
const ANYTHING = { key: base64('\0'), range_end: base64('\0') };
const inTxn = (operation: object): object => ({ success: [operation] });
const threeDeep = (operation: object): object =>
  inTxn({ request_txn: inTxn({ request_txn: inTxn({ request_txn: inTxn(operation) }) }) });

describe('who may read one key gets nothing more', () => {
  it.each([
    ['CVE-2023-32082, the keys of a lease', 'lease/timetolive', { ID: LEASE, keys: true }],
    ['CVE-2026-33413, changing alarms', 'maintenance/alarm', { action: 'ACTIVATE', alarm: 1 }],
    ['CVE-2026-33413, compaction', 'kv/compaction', { revision: 1 }],
    ['CVE-2026-33413, the list of leases', 'lease/leases', {}],
    ['CVE-2026-33413, revoking a lease', 'lease/revoke', { ID: LEASE }],
    ['CVE-2026-33343, a range three deep', 'kv/txn', threeDeep({ request_range: ANYTHING })],
    [
      'CVE-2026-33343, a put in a branch that is not taken',
      'kv/txn',
      { failure: [{ request_txn: inTxn({ request_put: { key: base64('k') } }) }] },
    ],
    ['CVE-2026-33343, a comparison', 'kv/txn', { compare: [{ ...ANYTHING, target: 'VALUE' }] }],
    [
      'CVE-2026-44283, the previous value of a put',
      'kv/txn',
      inTxn({ request_put: { key: base64('other'), prev_kv: true } }),
    ],
    [
      'CVE-2026-44283, a put on a lease of others',
      'kv/txn',
      inTxn({ request_put: { key: base64('k'), lease: LEASE } }),
    ],
    ['a range from the key on', 'kv/range', { key: base64('k'), range_end: base64('\0') }],
  ])('%s', async (_id, path, body) => {
    const { status, text } = await node.ask(path, body, node.tokens.ann);
    expect({ status, text }).toMatchObject({
      status: 403,
      text: expect.stringContaining('etcdserver: permission denied') as string,
    });
    expect(text).not.toContain(base64('secret-key'));
  });

  it.each([
    ['from the key on', base64('k'), base64('\0')],
    ['to the end of the prefix', base64('k'), base64('l')],
    ['of everything', base64('\0'), base64('\0')],
  ])('GHSA-xg4h-6gfc-h4m8, a watch %s', async (_what, key, rangeEnd) => {
    const body = { create_request: { key, range_end: rangeEnd, start_revision: 1 } };
    const first = await node.first('watch', body, node.tokens.ann);
    expect(first).toContain('"canceled":true');
    expect(first).toContain('etcdserver: permission denied');
  });

  it('and that one key, watched and read', async () => {
    const body = { create_request: { key: base64('k') } };
    expect(await node.first('watch', body, node.tokens.ann)).toMatch(/"created":true/u);
    const { text } = await node.ask('kv/range', { key: base64('k') }, node.tokens.ann);
    expect(text).toContain('"count":"1"');
  });
});

describe('who has no name gets nothing', () => {
  it.each(['cluster/member/list', 'maintenance/status', 'maintenance/alarm', 'lease/grant'])(
    'CVE-2026-33413, %s',
    async (path) => {
      const { status, text } = await node.ask(path, { TTL: 5 });
      expect(status).toBe(400);
      expect(text).toContain('etcdserver: user name is empty');
    },
  );

  it.each([
    'etcdserverpb.KV/Range',
    '//etcdserverpb.KV/Range',
    '/etcdserverpb.KV/Range/',
    '/etcdserverpb.KV/Range?',
    '/etcdserverpb.kv/Range',
  ])('CVE-2026-33186, by the path %s', async (path) => {
    const { headers } = await grpc(path, {});
    expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '12' });
  });

  it('CVE-2018-1098, CVE-2018-1099, by a name that another host gave to this address', async () => {
    const answer = await raw('GET /version HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 421 /u);
  });
});

describe('bytes that brought the original down', () => {
  afterEach(async () => {
    expect(await node.page('/health')).toContain('"health":"true"');
  });

  it('client-api-version that is no UTF-8 is no label of a metric', async () => {
    const { headers } = await grpc('/etcdserverpb.KV/Range', {
      'client-api-version': '3.\xff\xfe\x80',
      token: node.tokens.ann,
    });
    expect(headers[':status']).toBe(200);
    const metrics = Buffer.from(await (await fetch(`${node.url}/metrics`)).arrayBuffer());
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(metrics)).not.toThrow();
    expect(metrics.toString('latin1')).not.toMatch(/[^\n\x20-\x7e]/u);
  });

  it.each<[string, string, Uint8Array, string]>([
    [
      'a sort target',
      'KV/Range',
      RangeRequest.encode(RangeRequest.fromPartial({ key: KEY, sortTarget: 99 as 0 })).finish(),
      'etcdserver: invalid sort option',
    ],
    [
      'a sort order',
      'KV/Range',
      RangeRequest.encode(RangeRequest.fromPartial({ key: KEY, sortOrder: -1 as 0 })).finish(),
      'etcdserver: invalid sort option',
    ],
    [
      'a comparison',
      'KV/Txn',
      TxnRequest.encode(
        TxnRequest.fromPartial({ compare: [{ key: KEY, target: 9 as 0, result: 9 as 0 }] }),
      ).finish(),
      '',
    ],
    [
      'an alarm',
      'Maintenance/Alarm',
      AlarmRequest.encode(AlarmRequest.fromPartial({ action: 99 as 0, alarm: 99 as 0 })).finish(),
      '',
    ],
  ])('an enum out of its range is refused or means nothing: %s', async (_, method, body, error) => {
    const client = new RpcClient(node.process.endpoint);
    const metadata = { token: node.tokens.root };
    const outcome = await client.unaryBytes(`/etcdserverpb.${method}`, Buffer.from(body), {
      metadata,
    });
    client.close();
    expect(outcome.kind === 'error' ? outcome.message : '').toBe(error);
  });

  it('etcd 3.7.1: operations of nested transactions count, all together', async () => {
    const put = (at: number): object => ({ request_put: { key: base64(`n${at}`) } });
    const puts = Array.from({ length: 64 }, (_, at) => put(at));
    const inner = { request_txn: { success: puts } };
    const more = Array.from({ length: 64 }, (_, at) => put(100 + at));
    const { text } = await node.ask('kv/txn', { success: [inner, ...more] }, node.tokens.root);
    expect(text).toContain('etcdserver: too many operations in txn request');
  });

  it('a method of HTTP that is none, to the v2 API', async () => {
    for (const method of ['\xff\xfe', 'G\0T', 'GETT', '\u2028']) {
      const answer = await raw(`${method} /v2/keys/a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d .*[^]*)?$/u);
    }
  });

  it('tokens that are none', async () => {
    for (const token of [
      '.',
      'a.b',
      `${'x'.repeat(16)}.-1`,
      `${'x'.repeat(16)}.1e9`,
      '..',
      '\xff',
    ]) {
      const { status, text } = await node.ask('kv/range', { key: base64('k') }, token);
      expect({ status, text }).toMatchObject({ status: 401 });
    }
  });

  it('members of JSON that would be the prototype of everything', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      const polluted = `{"${name}":{"prototype":{"keys_only":true},"keys_only":true,"limit":1},"key":"${base64('k')}"}`;
      const { status, text } = await node.ask('kv/range', polluted, node.tokens.root);
      expect({ status, text }).toMatchObject({ status: 200 });
      expect(text).toContain(`"value":"${base64('v')}"`);
    }
    const { text } = await node.ask('kv/range', { key: base64('k') }, node.tokens.root);
    expect(text).toContain(`"value":"${base64('v')}"`);
  });

  it('numbers beyond 2^53, to the last digit', async () => {
    for (const id of ['9007199254740995', '9223372036854775807']) {
      const granted = await node.ask('lease/grant', `{"ID":${id},"TTL":600}`, node.tokens.root);
      expect(granted.text).toContain(`"ID":"${id}"`);
      const left = await node.ask('lease/timetolive', `{"ID":"${id}"}`, node.tokens.root);
      expect(left.text).toContain(`"ID":"${id}"`);
    }
  });

  it('long text for patterns: the work grows with its length and no faster', async () => {
    const long = (text: string, bytes = 15_000): string => text.repeat(bytes / text.length);
    const before = processorMs(node.process.pid);
    for (const piece of ['[', ':', ' ', '/', '%', '.', '..', 'a.', '=', '-', 'a ']) {
      await raw(`GET /health HTTP/1.1\r\nHost: ${long(piece)}x\r\n\r\n`);
      await raw(`GET /${long(piece)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      await raw(
        `GET /v2/keys/${long(piece)}?wait=${long(piece, 100)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
      );
      await node.ask('kv/range', { key: base64('k') }, `Bearer ${long(piece, 10_000)}x`);
      await node.ask('kv/range', long(piece, 1_000_000), node.tokens.ann);
    }
    // Quadratic work on a megabyte would be minutes.
    expect(processorMs(node.process.pid) - before).toBeLessThan(10_000);
  });
});

it('TOB-ETCD-010: the metric of compacted keys counts', async () => {
  const { root } = node.tokens;
  const compacted = (text: string): number =>
    Number(/^etcd_debugging_mvcc_db_compaction_keys_total (\d+)$/mu.exec(text)?.[1]);
  const before = compacted(await node.page('/metrics'));
  let revision = '';
  for (let time = 0; time < 3; time++) {
    const { text } = await node.ask('kv/put', { key: base64('often') }, root);
    revision = /"revision":"(\d+)"/u.exec(text)?.[1] ?? '';
  }
  expect((await node.ask('kv/compaction', { revision, physical: true }, root)).status).toBe(200);
  expect(compacted(await node.page('/metrics'))).toBeGreaterThanOrEqual(before + 2);
});

describe('what is secret, and where it is not (CVE-2021-28235, CVE-2020-15113, TOB-ETCD-012)', () => {
  it('no password and no token is in a file, a log line, a page or the arguments', async () => {
    const { root, ann } = node.tokens;
    const change = { name: 'ann', password: SECRETS.annNew };
    expect(await node.ask('auth/user/changepw', change, root)).toMatchObject({ status: 200 });
    const wrong = { name: 'ann', password: SECRETS.guess };
    expect((await node.ask('auth/authenticate', wrong)).status).toBe(400);
    expect(
      (await node.ask('auth/user/add', `{"name":"x","password":"${SECRETS.guess}`, root)).status,
    ).toBe(400);
    const pages = await Promise.all(
      ['/metrics', '/debug/vars', '/version'].map((path) => node.page(path)),
    );
    const places = new Map<string, Buffer>([
      ['log', Buffer.from(node.process.log)],
      ['arguments', readFileSync(`/proc/${node.process.pid}/cmdline`)],
      ['pages', Buffer.from(pages.join('\n'))],
      ...filesIn(node.process.setup.dataDir).map((file): [string, Buffer] => [
        file,
        readFileSync(file),
      ]),
    ]);
    expect(places.size).toBeGreaterThan(5);
    // The letters of a token; the index behind them is no secret. The log that all members apply has
    // them, as the original's: whoever can read that file has the data as well.
    const tokens = [root, ann].map((token) => token.replace(/\.\d+$/u, ''));
    const found: object[] = [];
    for (const [place, bytes] of places) {
      const isWal = place.endsWith('.wal');
      for (const secret of [...Object.values(SECRETS), ...(isWal ? [] : tokens)]) {
        const isThere = bytes.includes(secret) || bytes.includes(base64(secret));
        if (isThere) found.push({ place, secret });
      }
    }
    expect(found).toEqual([]);
    // The search can find: what is written there is found.
    expect([...places.values()].some((bytes) => bytes.includes('secret-key'))).toBe(true);
  });

  it('no file of the member is open to others, whatever the umask', () => {
    const { dataDir } = node.process.setup;
    const open = [...filesIn(dataDir), ...directoriesIn(dataDir)].filter(
      (path) => (statSync(path).mode & 0o077) !== 0,
    );
    expect(open).toEqual([]);
  });
});

const under = (directory: string) =>
  readdirSync(directory, { withFileTypes: true, recursive: true }).map((entry) => ({
    entry,
    path: join(entry.path, entry.name),
  }));
const filesIn = (directory: string): string[] =>
  under(directory)
    .filter(({ entry }) => entry.isFile())
    .map(({ path }) => path);
const directoriesIn = (directory: string): string[] =>
  under(directory)
    .filter(({ entry }) => entry.isDirectory())
    .map(({ path }) => path);

/** A gRPC call with an empty message, as no library would make it. */
async function grpc(path: string, metadata: Readonly<Record<string, string>>) {
  const session = connectHttp2(node.url);
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...metadata,
  });
  stream.end(Buffer.alloc(5));
  const [headers] = (await once(stream, 'response')) as [Readonly<Record<string, unknown>>];
  session.destroy();
  return { headers };
}

/** What comes back for these bytes within a connection that is closed behind them. */
async function raw(bytes: string): Promise<string> {
  const { clientPort } = node.process.setup;
  const socket = connect(clientPort, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  socket.end(Buffer.from(bytes, 'latin1'));
  await once(socket, 'close');
  return answer;
}
