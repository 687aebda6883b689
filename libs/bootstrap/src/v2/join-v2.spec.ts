import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { DiscoveryOutcome } from '../discovery-outcome.js';
import { KeysDirectory } from '../testing/keys-directory.js';
import { Impatience, RecordedLog } from '../testing/patience.js';
import type { Joiner } from '../joiner.js';
import { ownMemberId } from '../joiner.js';
import { joinThroughV2 } from './join-v2.js';

let directory: KeysDirectory;
let log: RecordedLog;
let time: Impatience;
const stop: { now: AbortController } = { now: new AbortController() };

beforeEach(() => {
  log = new RecordedLog();
  time = new Impatience();
  stop.now = new AbortController();
});
afterEach(() => directory.close());

const peerUrl = (name: string): string => `http://${name}.example:2380`;

const joiner = (name: string): Joiner => ({
  name,
  peerUrls: [peerUrl(name)],
  scheduler: time,
  logger: log.logger,
  signal: stop.now.signal,
});

const join = (name: string, proxy = ''): Promise<DiscoveryOutcome> =>
  joinThroughV2({ url: directory.url, proxy }, joiner(name));

const failed = (message: string) => ({ kind: 'failed', message });

describe('v2 discovery', () => {
  it('brings members together in the order they came, the same for all', async () => {
    directory = await KeysDirectory.open('3');
    const outcomes = await Promise.all(['a', 'b', 'c'].map((name) => join(name)));
    const initialCluster = directory.values.join(',');
    expect(directory.values).toHaveLength(3);
    for (const outcome of outcomes) {
      expect(outcome).toEqual({ kind: 'ok', initialCluster, initialClusterToken: directory.url });
    }
    expect(time.pausesMs).toEqual([]);
  });

  it('logs whom it has found and for how many it waits', async () => {
    directory = await KeysDirectory.open('2');
    const outcome = join('a');
    while (log.lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    directory.register('bb', `b=${peerUrl('b')}`);
    await outcome;
    const url = { 'discovery-url': directory.origin };
    expect(log.lines).toEqual([
      `info found self from discovery server ${JSON.stringify({ ...url, self: ownMemberId([peerUrl('a')], directory.url) })}`,
      `info found peers from discovery server; waiting for more ${JSON.stringify({ ...url, 'found-peers': 1, 'needed-peers': 1 })}`,
      `info found peer from discovery server ${JSON.stringify({ ...url, peer: 'bb' })}`,
      `info found all needed peers from discovery server ${JSON.stringify({ ...url, 'found-peers': 2 })}`,
    ]);
    expect(log.lines.join()).not.toContain('/token');
  });

  it('registers all URLs of a member', async () => {
    directory = await KeysDirectory.open('1');
    const urls = ['http://b:1', 'http://a:1'];
    await joinThroughV2({ url: directory.url, proxy: '' }, { ...joiner('n'), peerUrls: urls });
    expect(directory.values).toEqual(['n=http://a:1,n=http://b:1']);
  });

  it('refuses a cluster that is full, at once or when another was faster', async () => {
    directory = await KeysDirectory.open('1');
    directory.register('bb', 'b=http://b:1');
    expect(await join('a')).toEqual({ ...failed('discovery: cluster is full'), reason: 'full' });
    await directory.close();

    directory = await KeysDirectory.open('1');
    directory.once(/^PUT/u, (_request, response) => {
      directory.register('bb', 'b=http://b:1');
      const { index } = directory.register('cc', 'c=http://c:1');
      const node = { key: '/token/cc', value: 'c', createdIndex: index, modifiedIndex: index };
      response.writeHead(201).end(JSON.stringify({ node }));
    });
    directory.once(/waitIndex/u, (_request, response) => response.end());
    expect(await join('a')).toMatchObject(failed('discovery: cluster is full'));
    await directory.close();

    directory = await KeysDirectory.open('2');
    directory.once(/^PUT/u, (_request, response) => {
      const refusal = { errorCode: 103, message: 'Reached the max number of peers', cause: '' };
      response.writeHead(403).end(JSON.stringify(refusal));
    });
    expect(await join('a')).toMatchObject(failed('discovery: cluster is full'));
  });

  it('refuses a member that is entered already', async () => {
    directory = await KeysDirectory.open('2');
    directory.register(ownMemberId([peerUrl('a')], directory.url), `a=${peerUrl('a')}`);
    expect(await join('a')).toEqual({
      ...failed('discovery: found duplicate id'),
      reason: 'duplicateId',
    });
  });

  it('refuses two members of one name, and what is no URL', async () => {
    directory = await KeysDirectory.open('2');
    directory.register('bb', 'a=http://b:1');
    expect(await join('a')).toEqual({
      ...failed('discovery: found duplicate name'),
      reason: 'duplicateName',
    });
    await directory.close();
    directory = await KeysDirectory.open('2');
    directory.register('bb', 'b=http://b');
    expect(await join('a')).toMatchObject(failed('discovery: invalid URL'));
  });

  it.each([
    [undefined, 'discovery: size key not found'],
    ['x', 'discovery: size key is bad'],
    ['-1', 'discovery: size key is bad'],
    ['0', 'discovery: size key is bad'],
    ['', 'discovery: size key is bad'],
  ])('says what is wrong with a size of %j', async (size, message) => {
    directory = await KeysDirectory.open(size);
    expect(await join('a')).toMatchObject(failed(message));
  });

  it.each(['<html>', '[]', '{"node":{"nodes":[{"key":1}]}}', 'null'])(
    'does not take %s for a registry',
    async (body) => {
      directory = await KeysDirectory.open('1');
      directory.once(/./u, (_request, response) => response.end(body));
      expect(await join('a')).toMatchObject(failed('discovery: bad discovery endpoint'));
    },
  );

  it('shows a refusal of the registry as it is', async () => {
    directory = await KeysDirectory.open('1');
    directory.once(/_config/u, (_request, response) => {
      response.writeHead(401);
      response.end(
        '{"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0}',
      );
    });
    expect(await join('a')).toMatchObject(
      failed('110: The request requires user authentication (Insufficient credentials) [0]'),
    );
  });

  it('does not start with what is no URL', async () => {
    directory = await KeysDirectory.open('1');
    const options = { url: 'nonsense', proxy: '' };
    expect(await joinThroughV2(options, joiner('a'))).toMatchObject(
      failed('discovery: invalid discovery URL nonsense'),
    );
  });
});

describe('v2 discovery with a service in trouble', () => {
  const fail = (pattern: RegExp, status = 503): void =>
    directory.once(pattern, (_request, response) => response.writeHead(status).end());

  it('tries again, with longer and longer pauses, and says so', async () => {
    directory = await KeysDirectory.open('1');
    for (let i = 0; i < 10; i++) fail(/_config/u);
    expect(await join('a')).toMatchObject({ kind: 'ok' });
    expect(time.pausesMs).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 256, 256].map((s) => s * 1000));
    expect(log.lines[0]).toBe(
      `info retry connecting to discovery service ${JSON.stringify({ url: directory.origin, reason: 'cluster status check', backoff: '2s', error: 'server answered 503' })}`,
    );
  });

  it('makes a pause also when it is told of an entry of its own that it cannot see', async () => {
    directory = await KeysDirectory.open('1');
    fail(/^PUT/u);
    for (let i = 0; i < 3; i++) {
      directory.once(/^PUT/u, (_request, response) => {
        response.writeHead(412).end('{"errorCode":105,"message":"Key already exists"}');
      });
    }
    expect(await join('a')).toMatchObject({ kind: 'ok' });
    expect(time.pausesMs).toEqual([2000, 4000, 8000, 16_000]);
  });

  it('starts with short pauses again after it was answered', async () => {
    directory = await KeysDirectory.open('2');
    fail(/_config/u);
    fail(/recursive/u, 500);
    const outcome = join('a');
    while (time.pausesMs.length < 2) await new Promise((resolve) => setImmediate(resolve));
    directory.register('bb', 'b=http://b:1');
    expect(await outcome).toMatchObject({ kind: 'ok' });
    expect(time.pausesMs).toEqual([2000, 2000]);
  });

  it('finds everybody who came while it did not listen', async () => {
    directory = await KeysDirectory.open('3');
    directory.once(/recursive/u, (_request, response) => {
      directory.register('bb', 'b=http://b:1');
      directory.register('cc', 'c=http://c:1');
      response.destroy();
    });
    expect(await join('a')).toMatchObject({
      initialCluster: `a=${peerUrl('a')},b=http://b:1,c=http://c:1`,
    });
  });

  it('looks again after a wait without an event, and after an event about nobody new', async () => {
    directory = await KeysDirectory.open('2');
    directory.once(/recursive/u, (_request, response) => response.end());
    directory.once(/recursive/u, (_request, response) => {
      const node = { key: '/token/bb', createdIndex: 5, modifiedIndex: 12 };
      response.end(JSON.stringify({ action: 'delete', node }));
    });
    directory.once(/recursive/u, (_request, response) => {
      directory.register('cc', 'c=http://c:1');
      response.writeHead(400).end('{"errorCode":401,"message":"cleared","cause":"","index":9}');
    });
    expect(await join('a')).toMatchObject({ initialCluster: `a=${peerUrl('a')},c=http://c:1` });
  });

  it('knows its own entry when the answer to the first try was lost', async () => {
    directory = await KeysDirectory.open('1');
    directory.once(/^PUT/u, (_request, response) => {
      directory.register(ownMemberId([peerUrl('a')], directory.url), `a=${peerUrl('a')}`);
      response.destroy();
    });
    expect(await join('a')).toMatchObject({ kind: 'ok', initialCluster: `a=${peerUrl('a')}` });
  });

  it('does not take the entry of another for its own then', async () => {
    directory = await KeysDirectory.open('2');
    directory.once(/^PUT/u, (_request, response) => {
      directory.register(ownMemberId([peerUrl('a')], directory.url), `other=${peerUrl('a')}`);
      response.destroy();
    });
    expect(await join('a')).toMatchObject({ reason: 'duplicateId' });
  });

  it('can be stopped while it waits for others, and while it pauses', async () => {
    directory = await KeysDirectory.open('2');
    const waiting = join('a');
    while (log.lines.length < 2) await new Promise((resolve) => setImmediate(resolve));
    stop.now.abort();
    expect(await waiting).toEqual({ kind: 'stopped' });

    stop.now = new AbortController();
    const pausing = joinThroughV2(
      { url: 'http://127.0.0.1:9', proxy: '' },
      {
        ...joiner('b'),
        scheduler: { ...time, after: () => () => undefined, soon: time.soon, every: time.every },
      },
    );
    while (!log.messages().includes('retry connecting to discovery service')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.now.abort();
    expect(await pausing).toEqual({ kind: 'stopped' });
  });

  it('does not follow redirects for ever, but does follow them', async () => {
    directory = await KeysDirectory.open('1');
    directory.once(/^PUT/u, (request, response) =>
      response.writeHead(307, { location: `${directory.origin}${request.url ?? ''}` }).end(),
    );
    for (let i = 0; i < 11; i++) {
      directory.once(/_config/u, (_request, response) =>
        response.writeHead(302, { location: '/token/_config/size' }).end(),
      );
    }
    expect(await join('a')).toMatchObject({ kind: 'ok' });
    expect(log.lines[0]).toContain('more than 10 redirects');
  });

  it('does not read answers without end', async () => {
    directory = await KeysDirectory.open('1');
    directory.once(/_config/u, (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await join('a')).toMatchObject({ kind: 'ok' });
    expect(log.lines[0]).toContain('answer is larger than');
  });
});

describe('v2 discovery through a proxy', () => {
  it('asks the proxy for the whole URL, whatever its scheme is called', async () => {
    directory = await KeysDirectory.open('1');
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request.url ?? '');
      const target = new URL(request.url ?? '');
      const onward = connect(Number(target.port), target.hostname, () => {
        const path = target.pathname + target.search;
        const length = request.headers['content-length'] ?? '0';
        onward.write(`${request.method} ${path} HTTP/1.1\r\nhost: ${target.host}\r\n`);
        onward.write(`content-length: ${length}\r\nconnection: close\r\n\r\n`);
        request.pipe(onward, { end: false });
        if (response.socket !== null) onward.pipe(response.socket);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const form of [address, `http://${address}`]) {
      await directory.close();
      directory = await KeysDirectory.open('1');
      expect(await join('a', form)).toMatchObject({ kind: 'ok' });
    }
    expect(seen.length).toBeGreaterThan(4);
    expect(seen.every((url) => url.startsWith('http://127.0.0.1:'))).toBe(true);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it('says what is wrong with the address of a proxy', async () => {
    directory = await KeysDirectory.open('1');
    expect(await join('a', 'http://a b')).toMatchObject(
      failed('invalid proxy address "http://a b"'),
    );
  });
});

it('credentials in the URL go into their header', async () => {
  directory = await KeysDirectory.open('1');
  const url = directory.url.replace('http://', 'http://root:p%40ss@');
  await joinThroughV2({ url, proxy: '' }, joiner('a'));
  const expected = `Basic ${Buffer.from('root:p@ss').toString('base64')}`;
  expect(directory.headers.every(({ authorization }) => authorization === expected)).toBe(true);
});
