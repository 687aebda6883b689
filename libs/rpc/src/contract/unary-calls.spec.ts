import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { LogFields } from '@etcd-ts/foundation';
import {
  ERRORS,
  GrpcStatus,
  KVDefinition,
  MaintenanceDefinition,
  PutRequest,
  PutResponse,
} from '@etcd-ts/wire-protocol';
import type { Client } from '@grpc/grpc-js';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { Connection } from '../client/connection.js';
import type { BoundService, DirectHandlers } from '../service/bound-service.js';
import type { CallContext } from '../service/call-context.js';
import { Encoded } from '../service/handlers.js';
import { kv, putOf, aborted, report } from '../testing/testing-calls.js';
import type { TestingServer, TestingServerOptions, Transport } from '../testing/testing-server.js';
import { startTestingServer, TRANSPORTS } from '../testing/testing-server.js';

let server: TestingServer;
let connection: Connection;
async function start(
  transport: Transport,
  services: readonly BoundService[],
  grpc: TestingServerOptions['grpc'] = {},
): Promise<void> {
  server = await startTestingServer({ transport, services, grpc });
  connection = new Connection(server.address);
}
afterEach(async () => {
  connection.close();
  await server.close();
});

describe.each(TRANSPORTS)('a unary call, on %s', (transport) => {
  it('brings the request to the handler and its response back', async () => {
    await start(transport, [
      kv({
        put: ({ key, lease }) =>
          Promise.resolve(PutResponse.fromPartial({ prevKv: { key, lease } })),
      }),
    ]);
    const request = PutRequest.fromPartial({ key: Buffer.from('k'), lease: 2n ** 62n });
    expect(await connection.service(KVDefinition).put(request)).toEqual(
      PutResponse.fromPartial({ prevKv: { key: Buffer.from('k'), lease: 2n ** 62n } }),
    );
  });

  it('sends a response that was encoded before as it is', async () => {
    const response = PutResponse.fromPartial({ header: { revision: 7n } });
    const encoded = new Encoded(PutResponse.encode(response).finish());
    await start(transport, [kv({ put: () => Promise.resolve(encoded) })]);
    expect(await connection.service(KVDefinition).put(putOf('k'))).toEqual(response);
  });

  it('ends with the code and the text of an EtcdError', async () => {
    await start(transport, [kv({ put: () => Promise.reject(ERRORS.NoSpace.error()) })]);
    await expect(connection.service(KVDefinition).put(putOf('k'))).rejects.toMatchObject({
      code: GrpcStatus.ResourceExhausted,
      message: 'etcdserver: mvcc: database space exceeded',
    });
  });

  it('ends with Unknown and the raw text of any other error, which is logged', async () => {
    const logged: [string, LogFields | undefined][] = [];
    const logger = {
      ...SILENT_LOGGER,
      error: (message: string, fields?: LogFields) => void logged.push([message, fields]),
    };
    const fault = new TypeError('100% wrong: ä');
    await start(transport, [kv({ put: () => Promise.reject(fault) })], { logger });
    await expect(connection.service(KVDefinition).put(putOf('k'))).rejects.toMatchObject({
      code: GrpcStatus.Unknown,
      message: '100% wrong: ä',
    });
    expect(logged).toEqual([
      ['rpc handler failed', { method: '/etcdserverpb.KV/Put', error: fault }],
    ]);
  });

  it('shows the handler metadata, peer and deadline', async () => {
    const { told, tell } = report<{ call: CallContext; peer: string }>();
    await start(transport, [
      kv({
        put: (_request, call) => {
          tell({ call, peer: call.peer });
          return Promise.resolve(PutResponse.fromPartial({}));
        },
      }),
    ]);
    const metadata = { token: 'abc.1', 'trace-bin': Uint8Array.of(0, 255, 1) };
    const before = Date.now();
    await connection.service(KVDefinition).put(putOf('k'), { metadata, timeoutMs: 60_000 });
    const { call, peer } = await told;
    expect(call.metadata.get('token')).toBe('abc.1');
    expect(call.metadata.getBinary('trace-bin')).toEqual(Buffer.of(0, 255, 1));
    expect(call.metadata.get('none') ?? call.metadata.getBinary('none-bin')).toBeUndefined();
    expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(call.method).toBe('/etcdserverpb.KV/Put');
    expect(call.deadlineMs).toBeGreaterThan(before + 50_000);
    expect(call.deadlineMs).toBeLessThan(before + 70_000);
  });

  it('aborts the signal when the client cancels', async () => {
    const { told, tell } = report<AbortSignal>();
    await start(transport, [
      kv({
        put: async (_request, { signal }) => {
          tell(signal);
          throw await aborted(signal);
        },
      }),
    ]);
    const cancel = new AbortController();
    const put = connection.service(KVDefinition).put(putOf('k'), { signal: cancel.signal });
    const signal = await told;
    cancel.abort();
    await expect(put).rejects.toMatchObject({ code: GrpcStatus.Canceled });
    expect(await aborted(signal)).toMatchObject({
      code: GrpcStatus.Canceled,
      message: 'context canceled',
    });
  });

  it('aborts the signal when the deadline passes, and ends with DeadlineExceeded', async () => {
    const { told, tell } = report<unknown>();
    await start(transport, [
      kv({
        put: async (_request, { signal }) => {
          tell(await aborted(signal));
          throw signal.reason;
        },
      }),
    ]);
    // A client that keeps the deadline itself would cancel at the same moment.
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.KV/Put',
      'content-type': 'application/grpc',
      'grpc-timeout': '60m',
      te: 'trailers',
    });
    stream.end(Buffer.alloc(5));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    session.destroy();
    expect(headers['grpc-status']).toBe(String(GrpcStatus.DeadlineExceeded));
    expect(await told).toMatchObject({
      code: GrpcStatus.DeadlineExceeded,
      message: 'context deadline exceeded',
    });
  });

  it('never aborts the signal of a call that was answered', async () => {
    const signals: AbortSignal[] = [];
    await start(transport, [
      kv({
        put: (_request, { signal }) => {
          signals.push(signal);
          return Promise.resolve(PutResponse.fromPartial({}));
        },
      }),
    ]);
    const client = connection.service(KVDefinition);
    // The first call pays for the connection, so that the deadline is long enough on a busy machine.
    await client.put(putOf('k'));
    await client.put(putOf('k'), { timeoutMs: 1_000 });
    connection.close();
    await server.close();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('refuses a message beyond the limit, and takes one at it', async () => {
    await start(transport, [kv({ put: () => Promise.resolve(PutResponse.fromPartial({})) })], {
      maxReceiveBytes: 1_000,
    });
    const client = connection.service(KVDefinition);
    const envelope = PutRequest.encode(putOf('k', Buffer.alloc(900))).finish().length - 900;
    await client.put(putOf('k', Buffer.alloc(1_000 - envelope)));
    await expect(client.put(putOf('k', Buffer.alloc(1_001 - envelope)))).rejects.toMatchObject({
      code: GrpcStatus.ResourceExhausted,
      message: expect.stringContaining('larger than max (1001 vs'),
    });
  });

  it('answers malformed protobuf with Internal, as Go does', async () => {
    await start(transport, [kv({})]);
    const Raw = makeGenericClientConstructor({}, 'Raw');
    const raw: Client = new Raw(server.address, credentials.createInsecure());
    const failure = await new Promise((resolve) =>
      raw.makeUnaryRequest(
        '/etcdserverpb.KV/Put',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.of(0x0a, 0xff),
        (error) => resolve(error),
      ),
    );
    raw.close();
    expect(failure).toMatchObject({
      code: GrpcStatus.Internal,
      details: expect.stringMatching(/^grpc: error unmarshalling request: /),
    });
  });

  it('of a method nobody serves ends with Unimplemented', async () => {
    await start(transport, [kv({})]);
    await expect(connection.service(MaintenanceDefinition).status({})).rejects.toMatchObject({
      code: GrpcStatus.Unimplemented,
    });
  });

  it('without the content type of gRPC is refused with 415 where there are no pages', async () => {
    server = await startTestingServer({ transport, services: [kv({})], serve: 'grpc' });
    connection = new Connection(server.address);
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({ ':method': 'POST', ':path': '/etcdserverpb.KV/Put' });
    stream.end('{}');
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(415);
    session.destroy();
  });
});

describe('a method with a way that knows no promises', () => {
  const direct = (handler: DirectHandlers[string]): BoundService =>
    kv({ put: () => PutResponse.fromPartial({ header: { revision: 1n } }) }, { put: handler });
  const response = (revision: bigint): Uint8Array =>
    PutResponse.encode(PutResponse.fromPartial({ header: { revision } })).finish();

  it.each([
    ['at once', (answer: () => void) => answer()],
    ['later', (answer: () => void) => void setImmediate(answer)],
  ])('is answered there %s, or is refused with a status', async (_when, soon) => {
    const service = direct((request, _call, answer) => {
      const { key } = PutRequest.decode(request);
      if (key[0] === 0x6b) soon(() => answer.answer(response(BigInt(key.length))));
      else soon(() => answer.refuse(ERRORS.NoSpace.error()));
      return true;
    });
    await start('GrpcServer', [service]);
    const { put } = connection.service(KVDefinition);
    expect((await put(putOf('kk'))).header?.revision).toBe(2n);
    await expect(put(putOf('x'))).rejects.toMatchObject({ code: GrpcStatus.ResourceExhausted });
  });

  it('goes the ordinary way with what it does not take, and fails with what it throws', async () => {
    await start('GrpcServer', [
      direct((request) => {
        if (PutRequest.decode(request).key[0] === 0x6b) return false;
        throw ERRORS.EmptyKey.error();
      }),
    ]);
    const { put } = connection.service(KVDefinition);
    expect((await put(putOf('k'))).header?.revision).toBe(1n);
    await expect(put(putOf('x'))).rejects.toMatchObject({ code: GrpcStatus.InvalidArgument });
  });
});
