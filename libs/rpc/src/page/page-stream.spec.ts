import { HealthDefinition, HealthCheckResponse } from '@etcd-ts/wire-protocol';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { connect, constants } from 'node:http2';
import { bindService } from '../service/bound-service.js';
import { framed } from '../testing/raw-call.js';
import type { TestingServer, TestingServerOptions } from '../testing/testing-server.js';
import { startTestingServer } from '../testing/testing-server.js';

const health = bindService(HealthDefinition, {
  check: () => Promise.resolve(HealthCheckResponse.fromPartial({ status: 1 })),
  watch: () => Promise.resolve(),
});

// A thousand requests on a machine with other work to do.
let server: TestingServer;
let client: ClientHttp2Session;
const start = async (
  onRequest?: RequestListener,
  options: TestingServerOptions = {},
): Promise<void> => {
  server = await startTestingServer({
    services: [health],
    ...(onRequest === undefined ? {} : { onRequest }),
    ...options,
  });
  client = connect(`http://${server.address}`);
  client.on('error', () => undefined);
};
afterEach(async () => {
  client.destroy();
  await server.close();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly reset: number;
}

function ask(headers: Readonly<Record<string, string | string[]>>, body?: Buffer): Promise<Answer> {
  const stream = client.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: IncomingHttpHeaders = {};
  let body = '';
  stream.setEncoding('latin1');
  stream.on('response', (seen) => (headers = seen));
  stream.on('data', (chunk: string) => (body += chunk));
  stream.on('error', () => undefined);
  return new Promise((resolve) => {
    stream.on('close', () => {
      const status = headers[':status'] as unknown as number | undefined;
      resolve({ status, headers, body, reset: stream.rstCode ?? 0 });
    });
  });
}

const get = (path: string): Promise<Answer> => ask({ ':path': path });
const call = (): Promise<Answer> =>
  ask(
    {
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    framed(Buffer.alloc(0)),
  );

describe('a request over HTTP/2 that is no gRPC call', () => {
  it('is answered by the HTTP/1 server, beside calls on the same connection', async () => {
    await start();
    const [page, grpc, again] = await Promise.all([get('/health'), call(), get('/version?a=b')]);
    expect(page).toMatchObject({ status: 200, body: 'GET /health ', reset: 0 });
    expect(page.headers).not.toHaveProperty('connection');
    expect(page.headers).not.toHaveProperty('transfer-encoding');
    expect(grpc).toMatchObject({ status: 200, headers: { 'content-type': 'application/grpc' } });
    expect(again).toMatchObject({ status: 200, body: 'GET /version?a=b ' });
  });

  it('has its body passed on, however long, and whatever length it claims', async () => {
    let received = 0;
    await start((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.length));
      request.on('end', () => response.end('all'));
    });
    const post = { ':method': 'POST', ':path': '/v3/kv/put' };
    expect(await ask(post, Buffer.alloc(1_000_000))).toMatchObject({ status: 200, body: 'all' });
    expect(received).toBe(1_000_000);
    const lying = Buffer.from('GET /admin HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await ask({ ...post, 'content-length': String(lying.length) }, lying)).toMatchObject({
      status: 200,
    });
    expect(received).toBe(1_000_000 + lying.length);
  });

  it('keeps its header fields, and the answer its own', async () => {
    let seen: IncomingMessage['headers'] = {};
    await start(({ headers }, response) => {
      seen = headers;
      response.setHeader('X-Two', ['a', 'b']).writeHead(404).end();
    });
    const { status, headers } = await ask({
      ':path': '/x',
      ':authority': 'the.host:1',
      authorization: 'token',
      cookie: ['a=1', 'b=2'],
    });
    expect(seen).toMatchObject({ host: 'the.host:1', authorization: 'token', cookie: 'a=1; b=2' });
    expect({ status, two: headers['x-two'] }).toEqual({ status: 404, two: 'a, b' });
  });

  it('is answered before it is finished, when the answer is ready', async () => {
    await start((_request, response) => response.writeHead(413).end('enough'));
    const stream = client.request({ ':method': 'PUT', ':path': '/x' });
    stream.write('the beginning');
    expect(await answerOf(stream)).toMatchObject({ status: 413, body: 'enough', reset: 0 });
  });

  it('brings an answer that is written piece by piece, and tells when its client has left', async () => {
    let open: ServerResponse | undefined;
    await start((_request, response) => {
      open = response;
      response.write('first');
    });
    const stream = client.request({ ':path': '/v2/keys/a?wait=true' });
    const [first] = (await once(stream, 'data')) as [Buffer];
    expect(first.toString()).toBe('first');
    const left = once(open as ServerResponse, 'close');
    stream.close(constants.NGHTTP2_CANCEL);
    await left;
    expect(open?.writableFinished).toBe(false);
  });

  it('makes its handler wait when its client does not read', async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let written = 0;
    let waiting: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => (waiting = resolve));
    await start((_request, response) => {
      while (response.write(chunk)) written += chunk.length;
      const more = (): void => {
        // As long as there is room within a turn of the event loop or two.
        const timer = setTimeout(waiting, 200);
        response.once('drain', () => {
          clearTimeout(timer);
          written += chunk.length;
          if (written > 8 * 2 ** 20) response.end();
          else if (response.write(chunk)) setImmediate(more);
          else more();
        });
      };
      more();
    });
    const stream = client.request({ ':path': '/large' });
    stream.pause();
    await blocked;
    expect(written).toBeLessThan(2 ** 20);
    const { body, reset } = await answerOf(stream.resume());
    expect(body.length).toBeGreaterThan(8 * 2 ** 20);
    expect(reset).toBe(0);
  });

  it('is reset when its handler breaks off', async () => {
    await start((request, response) => {
      if (request.url === '/half') response.write('half', () => response.destroy());
      else if (request.url === '/well') response.end('well');
      else response.destroy();
    });
    expect(await get('/nothing')).toMatchObject({ reset: constants.NGHTTP2_INTERNAL_ERROR });
    expect(await get('/half')).toMatchObject({
      body: 'half',
      reset: constants.NGHTTP2_INTERNAL_ERROR,
    });
    expect(await get('/well')).toMatchObject({ body: 'well' });
  });

  it.each([
    ['a path that does not begin at the root', { ':path': 'health' }],
    ['a path that names a host', { ':path': 'http://other/health' }],
    ['a path with a space', { ':path': '/a HTTP/1.1' }],
    ['a method with a space', { ':method': 'GET /x', ':path': '/' }],
    ['a field with a control character', { ':path': '/', 'x-a': 'a\u0001b' }],
  ])('is refused with %s', async (_what, headers) => {
    await start();
    expect(await ask(headers)).toMatchObject({ status: 400, body: '' });
  });

  it('is refused when a thousand of its connection are under way', async () => {
    const held: ServerResponse[] = [];
    await start((_request, response) => void held.push(response));
    const polls = Array.from({ length: 1_024 }, () => get('/wait'));
    expect(await get('/one-more')).toMatchObject({ status: 503, body: '' });
    for (const response of held) response.end('now');
    const answers = await Promise.all(polls);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['now']));
    const more = get('/one-more');
    while (held.length < 1_025) await new Promise((resolve) => setImmediate(resolve));
    held.at(-1)?.end();
    expect(await more).toMatchObject({ status: 200 });
  });

  it('is none when it says it were gRPC of another kind', async () => {
    await start();
    expect(
      await ask({ ':method': 'POST', ':path': '/x', 'content-type': 'application/grpc-web' }),
    ).toMatchObject({ status: 415, headers: { 'grpc-status': '3' } });
  });

  it('is refused as a bad call where the port is for gRPC alone', async () => {
    await start(undefined, { serve: 'grpc' });
    expect(await get('/health')).toMatchObject({ status: 415, headers: { 'grpc-status': '3' } });
  });

  it('has its time to be answered when the port closes', async () => {
    let open: ServerResponse | undefined;
    await start((_request, response) => {
      open = response;
      response.write('first');
    });
    const stream = client.request({ ':path': '/poll' });
    const answer = answerOf(stream);
    await once(stream, 'response');
    const closed = Promise.all([server.clientPort.close(5_000), server.grpc.close(5_000)]);
    open?.end('last');
    expect(await answer).toMatchObject({ body: 'firstlast', reset: 0 });
    await closed;
  });
});
