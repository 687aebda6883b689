import { GrpcStatus, PutRequest, PutResponse, WatchResponse } from '@etcd-ts/wire-protocol';
import { gunzipSync, gzipSync } from 'node:zlib';
import { framed, RawClient } from '../testing/raw-call.js';
import type { RawAnswer } from '../testing/raw-call.js';
import { kv, putOf, watch } from '../testing/testing-calls.js';
import type { TestingServer } from '../testing/testing-server.js';
import { startTestingServer } from '../testing/testing-server.js';

const MAX_BYTES = 10_000;
let server: TestingServer;
let client: RawClient;

beforeAll(async () => {
  server = await startTestingServer({
    services: [
      // An answer as long as the request's value, and the key in it.
      kv({ put: ({ key, value }) => PutResponse.fromPartial({ prevKv: { key, value } }) }),
      watch(async (incoming, _call, out) => {
        for await (const request of incoming) out.write(request && WatchResponse.fromPartial({}));
      }),
    ],
    grpc: { maxReceiveBytes: MAX_BYTES },
    // Beside pages, a request of another type is one for them.
    serve: 'grpc',
  });
  client = new RawClient(server.address);
});
afterAll(async () => {
  client.close();
  await server.close();
});

const request = (key: string, bytes = 0): Buffer =>
  Buffer.from(PutRequest.encode(putOf(key, Buffer.alloc(bytes))).finish());
const EMPTY = framed(Buffer.alloc(0));
const gzipped = (message: Buffer): Buffer => framed(gzipSync(message), 1);

function statusOf({ headers }: RawAnswer): readonly [number, string] {
  return [
    Number(headers['grpc-status']),
    decodeURIComponent(String(headers['grpc-message'] ?? '')),
  ];
}

describe('a call that cannot be served', () => {
  it.each<[string, GrpcStatusName, string, Readonly<Record<string, string>>, Buffer]>([
    [
      'an unknown method',
      'Unimplemented',
      'unknown method Foo for service etcdserverpb.KV',
      { ':path': '/etcdserverpb.KV/Foo' },
      EMPTY,
    ],
    [
      'an unknown service',
      'Unimplemented',
      'unknown service foo.Bar',
      { ':path': '/foo.Bar/Foo' },
      EMPTY,
    ],
    [
      'a path with more parts',
      'Unimplemented',
      'unknown service a/b',
      { ':path': '/a/b/c' },
      EMPTY,
    ],
    [
      'a path that is none',
      'Unimplemented',
      'malformed method name: "/foo"',
      { ':path': '/foo' },
      EMPTY,
    ],
    [
      'an encoding nobody has',
      'Unimplemented',
      'grpc: Decompressor is not installed for grpc-encoding "snappy"',
      { 'grpc-encoding': 'snappy' },
      framed(Buffer.of(0), 1),
    ],
    [
      'a compressed message without encoding',
      'Internal',
      'grpc: compressed flag set with identity or empty encoding',
      {},
      framed(Buffer.of(0), 1),
    ],
    [
      'a compressed message of identity',
      'Internal',
      'grpc: compressed flag set with identity or empty encoding',
      { 'grpc-encoding': 'identity' },
      framed(Buffer.of(0), 1),
    ],
    [
      'a flag that is none',
      'Internal',
      'grpc: received unexpected payload format 2',
      {},
      framed(Buffer.of(0), 2),
    ],
    ['no message', 'Unknown', 'EOF', {}, Buffer.alloc(0)],
    ['half a message', 'Unknown', 'unexpected EOF', {}, Buffer.of(0, 0, 0, 0, 5, 1)],
    ['half a prefix', 'Unknown', 'unexpected EOF', {}, Buffer.of(0, 0)],
    [
      'a message too large',
      'ResourceExhausted',
      'grpc: received message larger than max (10001 vs. 10000)',
      {},
      framed(Buffer.alloc(10_001)),
    ],
    [
      'a length beyond all',
      'ResourceExhausted',
      'grpc: received message larger than max (4294967295 vs. 10000)',
      {},
      Buffer.of(0, 255, 255, 255, 255),
    ],
    [
      'a message too large when inflated',
      'ResourceExhausted',
      'grpc: received message after decompression larger than max 10000',
      { 'grpc-encoding': 'gzip' },
      gzipped(Buffer.alloc(10_001)),
    ],
  ])('%s: %s "%s"', async (_what, code, message, headers, body) => {
    const answer = await client.call(headers, body);
    expect(answer.headers[':status']).toBe(200);
    expect(answer.headers['content-type']).toBe('application/grpc');
    expect(statusOf(answer)).toEqual([GrpcStatus[code], message]);
  });

  it('for bytes that are not gzip is told so', async () => {
    const answer = await client.call({ 'grpc-encoding': 'gzip' }, framed(Buffer.from('x'), 1));
    expect(statusOf(answer)).toEqual([
      GrpcStatus.Internal,
      expect.stringMatching(/^grpc: failed to decompress the received message: /u),
    ]);
  });
});

type GrpcStatusName = keyof typeof GrpcStatus;

describe('a request that is not gRPC', () => {
  it.each<[number, string, Readonly<Record<string, string>>]>([
    [
      415,
      'invalid gRPC request content-type "application/json"',
      { 'content-type': 'application/json' },
    ],
    [
      415,
      'invalid gRPC request content-type "application/grpcx"',
      { 'content-type': 'application/grpcx' },
    ],
    [405, 'Received a HEADERS frame with :method "GET" which should be POST', { ':method': 'GET' }],
    [
      400,
      'malformed grpc-timeout: transport: timeout unit is not recognized: "1x"',
      { 'grpc-timeout': '1x' },
    ],
    [
      400,
      'malformed grpc-timeout: transport: timeout string is too short: ""',
      { 'grpc-timeout': '' },
    ],
    [
      400,
      'malformed grpc-timeout: transport: timeout string is too long: "123456789S"',
      { 'grpc-timeout': '123456789S' },
    ],
    [400, 'malformed binary metadata "!!!" in header "x-bin"', { 'x-bin': '!!!' }],
  ])('is refused with %d: %s', async (status, message, headers) => {
    const answer = await client.call(headers, EMPTY);
    expect(answer.headers[':status']).toBe(status);
    expect(statusOf(answer)[1]).toBe(message);
  });

  it.each(['application/grpc+proto', 'application/grpc+json', 'application/grpc;charset=utf-8'])(
    'but %s is',
    async (type) => {
      const answer = await client.call({ 'content-type': type }, framed(request('k')));
      expect(answer.headers['content-type']).toBe(type.replace(';', '+'));
      expect(statusOf(answer)).toEqual([GrpcStatus.OK, '']);
    },
  );
});

describe('a compressed call', () => {
  const message = request('k', 500);
  const answerOf = ({ body }: RawAnswer): readonly [number, number] => {
    const content = body.subarray(5);
    const opened = body[0] === 1 ? gunzipSync(content) : content;
    return [Number(body[0]), PutResponse.decode(opened).prevKv?.value.length ?? 0];
  };

  it('is answered compressed to a client that takes it', async () => {
    const headers = { 'grpc-encoding': 'gzip', 'grpc-accept-encoding': 'identity,deflate,gzip' };
    const answer = await client.call(headers, gzipped(message));
    expect(answer.headers['grpc-encoding']).toBe('gzip');
    expect(answer.body.length).toBeLessThan(100);
    expect(answerOf(answer)).toEqual([1, 500]);
  });

  it('is answered as it is to a client that does not say so', async () => {
    const answer = await client.call({ 'grpc-encoding': 'gzip' }, gzipped(message));
    expect(answer.headers['grpc-encoding']).toBeUndefined();
    expect(answerOf(answer)).toEqual([0, 500]);
  });

  it('may have messages that are not compressed', async () => {
    const answer = await client.call({ 'grpc-encoding': 'gzip' }, framed(message));
    expect(answerOf(answer)).toEqual([0, 500]);
  });

  it('may be a stream: messages stay in order', async () => {
    const headers = { ':path': '/etcdserverpb.Watch/Watch', 'grpc-encoding': 'gzip' };
    const body = Buffer.concat([gzipped(Buffer.alloc(0)), EMPTY, gzipped(Buffer.alloc(0))]);
    const answer = await client.call(headers, body);
    expect([statusOf(answer), answer.body.length]).toEqual([[GrpcStatus.OK, ''], 15]);
  });
});

describe('a message', () => {
  it('in any pieces is the same', async () => {
    const body = framed(request('key', 5_000));
    for (const size of [1, 4, 5, 6, 1_000]) {
      const stream = client.session.request({
        ':method': 'POST',
        ':path': '/etcdserverpb.KV/Put',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const ended = new Promise<number>((resolve) => {
        let bytes = 0;
        stream
          .on('data', (chunk: Buffer) => (bytes += chunk.length))
          .on('end', () => resolve(bytes));
      });
      const end = size < 100 ? 10 * size : body.length;
      for (let at = 0; at < end; at += size)
        stream.write(body.subarray(at, Math.min(at + size, end)));
      stream.end(body.subarray(end));
      expect(await ended).toBeGreaterThan(5_000);
    }
  });

  it('is the first one, where there should be one only', async () => {
    const answer = await client.call(
      {},
      Buffer.concat([framed(request('a')), framed(request('b'))]),
    );
    expect(PutResponse.decode(answer.body.subarray(5)).prevKv?.key.toString()).toBe('a');
  });
});

describe('the texts of failures', () => {
  it.each(['plain', '100% wrong', 'zwölf Boxkämpfer\n', '\u{1f600}'])(
    'survive: %j',
    async (text) => {
      const own = await startTestingServer({
        services: [kv({ put: () => Promise.reject(new Error(text)) })],
      });
      const one = new RawClient(own.address);
      const answer = await one.call({}, framed(request('k')));
      one.close();
      await own.close();
      expect(String(answer.headers['grpc-message'])).toMatch(/^[\x20-\x7e]*$/u);
      expect(statusOf(answer)).toEqual([GrpcStatus.Unknown, text]);
    },
  );
});
