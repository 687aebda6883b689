import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { LogFields } from '@etcd-ts/foundation';
import {
  ERRORS,
  GrpcStatus,
  KeyValue,
  KVDefinition,
  MaintenanceDefinition,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RangeStreamResponse,
  WatchDefinition,
  WatchRequest,
  WatchResponse,
} from '@etcd-ts/wire-protocol';
import type { ErrorDescriptor } from '@etcd-ts/wire-protocol';
import type { Client } from '@grpc/grpc-js';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { Connection } from '../client/connection.js';
import type { BoundService } from '../service/bound-service.js';
import { bindService } from '../service/bound-service.js';
import type { CallContext } from '../service/call-context.js';
import type { ServiceHandlers } from '../service/handlers.js';
import { Encoded } from '../service/handlers.js';
import type { ServerObserver } from '../service/observer.js';
import type { TestingServer, TestingServerOptions } from '../testing-server.js';
import { startTestingServer } from '../testing-server.js';

type KVHandlers = ServiceHandlers<typeof KVDefinition>;
type WatchHandlers = ServiceHandlers<typeof WatchDefinition>;

const unused = (): never => {
  throw new Error('not part of this test');
};
const kv = (handlers: Partial<KVHandlers>): BoundService =>
  bindService(KVDefinition, {
    range: unused,
    rangeStream: unused,
    put: unused,
    deleteRange: unused,
    txn: unused,
    compact: unused,
    ...handlers,
  });
const watch = (handler: WatchHandlers['watch']): BoundService =>
  bindService(WatchDefinition, { watch: handler });

const putOf = (key: string, value = Buffer.alloc(0)): PutRequest =>
  PutRequest.fromPartial({ key: Buffer.from(key), value });
const ANY_RANGE = RangeRequest.fromPartial({});
const blob = (bytes: number): RangeStreamResponse =>
  RangeStreamResponse.fromPartial({
    rangeResponse: { kvs: [{ value: Buffer.alloc(bytes) }] },
  });
const watchId = (id: number): WatchResponse => WatchResponse.fromPartial({ watchId: BigInt(id) });
const cancelOf = (id: number): WatchRequest => ({
  requestUnion: { $case: 'cancelRequest', value: { watchId: BigInt(id) } },
});
const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true }),
  );

/** A promise and the function that fulfils it: how a handler tells its test something. */
function report<T>(): { told: Promise<T>; tell(value: T): void } {
  let tell: (value: T) => void = () => undefined;
  const told = new Promise<T>((resolve) => (tell = resolve));
  return { told, tell };
}

const statusOf = ({ code, message }: ErrorDescriptor): ErrorDescriptor => ({ code, message });

let server: TestingServer;
let connection: Connection;
async function start(
  services: readonly BoundService[],
  grpc: TestingServerOptions['grpc'] = {},
): Promise<void> {
  server = await startTestingServer({ services, grpc });
  connection = new Connection(server.address);
}
afterEach(async () => {
  connection.close();
  await server.close();
});

describe('a unary call', () => {
  it('brings the request to the handler and its response back', async () => {
    await start([
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
    await start([kv({ put: () => Promise.resolve(encoded) })]);
    expect(await connection.service(KVDefinition).put(putOf('k'))).toEqual(response);
  });

  it('ends with the code and the text of an EtcdError', async () => {
    await start([kv({ put: () => Promise.reject(ERRORS.NoSpace.error()) })]);
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
    await start([kv({ put: () => Promise.reject(fault) })], { logger });
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
    await start([
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
    await start([
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
    await start([
      kv({
        put: async (_request, { signal }) => {
          tell(await aborted(signal));
          throw signal.reason;
        },
      }),
    ]);
    const put = connection.service(KVDefinition).put(putOf('k'), { timeoutMs: 60 });
    await expect(put).rejects.toMatchObject({ code: GrpcStatus.DeadlineExceeded });
    expect(await told).toMatchObject({
      code: GrpcStatus.DeadlineExceeded,
      message: 'context deadline exceeded',
    });
  });

  it('never aborts the signal of a call that was answered', async () => {
    const { told, tell } = report<AbortSignal>();
    await start([
      kv({
        put: (_request, { signal }) => {
          tell(signal);
          return Promise.resolve(PutResponse.fromPartial({}));
        },
      }),
    ]);
    const client = connection.service(KVDefinition);
    await client.put(putOf('k'), { timeoutMs: 30 });
    const signal = await told;
    connection.close();
    await server.close();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(signal.aborted).toBe(false);
  });

  it('refuses a message beyond the limit, and takes one at it', async () => {
    await start([kv({ put: () => Promise.resolve(PutResponse.fromPartial({})) })], {
      maxReceiveBytes: 1_000,
    });
    const client = connection.service(KVDefinition);
    const envelope = PutRequest.encode(putOf('k', Buffer.alloc(900))).finish().length - 900;
    await client.put(putOf('k', Buffer.alloc(1_000 - envelope)));
    await expect(client.put(putOf('k', Buffer.alloc(1_001 - envelope)))).rejects.toMatchObject({
      code: GrpcStatus.ResourceExhausted,
      message: expect.stringContaining('larger than max (1001 vs 1000)'),
    });
  });

  it('answers malformed protobuf with Internal, as Go does', async () => {
    await start([kv({})]);
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
    await start([kv({})]);
    await expect(connection.service(MaintenanceDefinition).status({})).rejects.toMatchObject({
      code: GrpcStatus.Unimplemented,
    });
  });

  it('without the content type of gRPC is refused with 415', async () => {
    await start([kv({})]);
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({ ':method': 'POST', ':path': '/etcdserverpb.KV/Put' });
    stream.end('{}');
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(415);
    session.destroy();
  });
});

describe('a server stream', () => {
  it('brings all messages in order, then the status', async () => {
    await start([
      kv({
        rangeStream: async (_request, _call, out) => {
          for (let i = 1; i <= 100; i++) if (!out.write(blob(i))) await out.drained();
          throw ERRORS.Compacted.error();
        },
      }),
    ]);
    const sizes: (number | undefined)[] = [];
    const read = async (): Promise<void> => {
      for await (const { rangeResponse } of connection.service(KVDefinition).rangeStream(ANY_RANGE))
        sizes.push(rangeResponse?.kvs[0]?.value.length);
    };
    await expect(read()).rejects.toMatchObject(statusOf(ERRORS.Compacted));
    expect(sizes).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('holds a writer back whose client does not read, and lets it go on when it does', async () => {
    const CHUNK_BYTES = 16 * 1024;
    const TOTAL = 400;
    let written = 0;
    const full = report<number>();
    await start([
      kv({
        rangeStream: async (_request, _call, out) => {
          while (written < TOTAL) {
            const room = out.write(blob(CHUNK_BYTES));
            written++;
            if (room) continue;
            full.tell(written);
            await out.drained();
          }
        },
      }),
    ]);
    const reader = connection.service(KVDefinition).rangeStream(ANY_RANGE);
    const iterator = reader[Symbol.asyncIterator]();
    await iterator.next();
    await full.told;
    // What flow control and the buffers on the way take is far from everything.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(written).toBeLessThan(TOTAL / 4);
    let received = 1;
    while ((await iterator.next()).done !== true) received++;
    expect(received).toBe(TOTAL);
  });

  it('ends a writer that waits for room when its client goes', async () => {
    const ended = report<unknown>();
    const full = report<void>();
    await start([
      kv({
        rangeStream: async (_request, _call, out) => {
          try {
            for (;;) {
              if (out.write(blob(50_000))) continue;
              full.tell();
              await out.drained();
            }
          } catch (error) {
            ended.tell([error, out.write(blob(1))]);
            throw error;
          }
        },
      }),
    ]);
    const reader = connection.service(KVDefinition).rangeStream(ANY_RANGE);
    await reader[Symbol.asyncIterator]().next();
    await full.told;
    reader.cancel();
    expect(await ended.told).toMatchObject([{ code: GrpcStatus.Canceled }, false]);
  });

  it('ends a writer that waits for room at the deadline, though the client never reads', async () => {
    const ended = report<unknown>();
    await start([
      kv({
        rangeStream: async (_request, _call, out) => {
          try {
            for (;;) if (!out.write(blob(50_000))) await out.drained();
          } catch (error) {
            ended.tell(error);
            throw error;
          }
        },
      }),
    ]);
    const session = connectHttp2(`http://${server.address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.KV/RangeStream',
      'content-type': 'application/grpc',
      'grpc-timeout': '80m',
      te: 'trailers',
    });
    stream.pause().end(Buffer.alloc(5));
    expect(await ended.told).toMatchObject({ code: GrpcStatus.DeadlineExceeded });
    session.destroy();
  });
});

describe('a bidirectional stream', () => {
  const echo: WatchHandlers['watch'] = async (incoming, _call, out) => {
    for await (const { requestUnion } of incoming) {
      if (requestUnion?.$case !== 'cancelRequest') continue;
      if (!out.write(watchId(Number(requestUnion.value.watchId)))) await out.drained();
    }
    out.write(watchId(-1));
  };

  it('carries messages both ways, and the end of one direction leaves the other open', async () => {
    await start([watch(echo)]);
    const call = connection.service(WatchDefinition).watch();
    const iterator = call[Symbol.asyncIterator]();
    const next = async (): Promise<bigint | 'end'> => {
      const result = await iterator.next();
      return result.done === true ? 'end' : result.value.watchId;
    };
    for (const id of [1, 2]) {
      await call.write(cancelOf(id));
      expect(await next()).toBe(BigInt(id));
    }
    call.end();
    expect([await next(), await next()]).toEqual([-1n, 'end']);
  });

  it('goes on writing after its handler has stopped reading', async () => {
    await start([
      watch(async (incoming, _call, out) => {
        for await (const request of incoming) {
          out.write(watchId(request.requestUnion === undefined ? 0 : 1));
          break;
        }
        await new Promise((resolve) => setImmediate(resolve));
        out.write(watchId(2));
      }),
    ]);
    const call = connection.service(WatchDefinition).watch();
    await call.write(cancelOf(5));
    const ids: bigint[] = [];
    for await (const response of call) ids.push(response.watchId);
    expect(ids).toEqual([1n, 2n]);
  });

  it('throws the reason into a handler that reads when the client goes', async () => {
    const thrown = report<unknown>();
    const reading = report<void>();
    await start([
      watch(async (incoming, _call, out) => {
        try {
          out.write(watchId(0));
          reading.tell();
          for await (const _request of incoming) unused();
        } catch (error) {
          thrown.tell(error);
          throw error;
        }
      }),
    ]);
    const call = connection.service(WatchDefinition).watch();
    await reading.told;
    call.cancel();
    expect(await thrown.told).toMatchObject({ code: GrpcStatus.Canceled });
  });

  it('ends with Internal on a malformed message', async () => {
    await start([watch(echo)]);
    const Raw = makeGenericClientConstructor({}, 'Raw');
    const raw: Client = new Raw(server.address, credentials.createInsecure());
    const call = raw.makeBidiStreamRequest(
      '/etcdserverpb.Watch/Watch',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    );
    call.write(Buffer.of(0x0a, 0xff));
    const [error] = (await once(call.resume(), 'error')) as [Error];
    raw.close();
    expect(error).toMatchObject({ code: GrpcStatus.Internal });
  });
});

describe('many calls', () => {
  it('run at once on one connection: 1000 streams', async () => {
    let open = 0;
    const all = report<void>();
    await start([
      watch(async (incoming, _call, out) => {
        if (++open === 1_000) all.tell();
        await all.told;
        for await (const _request of incoming) out.write(watchId(1));
      }),
    ]);
    const client = connection.service(WatchDefinition);
    const streams = Array.from({ length: 1_000 }, async () => {
      const call = client.watch();
      await call.write(cancelOf(1));
      call.end();
      let received = 0;
      for await (const _response of call) received++;
      return received;
    });
    expect(new Set(await Promise.all(streams))).toEqual(new Set([1]));
  }, 30_000);
});

describe('an observer', () => {
  it('hears of every method when it is added, and of every call and message', async () => {
    const heard: string[] = [];
    const observer: ServerObserver = {
      method: ({ path, type }) => {
        const name = path.replace(/.*\//, '');
        heard.push(`${type} ${path}`);
        return {
          started: () => heard.push(`${name} started`),
          handled: (code, seconds) => heard.push(`${name} ${code} ${seconds < 5}`),
          messageReceived: (bytes) => heard.push(`${name} received ${bytes}`),
          messageSent: (bytes) => heard.push(`${name} sent ${bytes}`),
        };
      },
    };
    const response = watchId(1);
    await start(
      [
        watch(async (incoming, _call, out) => {
          for await (const _request of incoming) out.write(response);
          throw ERRORS.NoLeader.error();
        }),
      ],
      { observer },
    );
    server.grpc.add(kv({ range: () => Promise.resolve(RangeResponse.fromPartial({ count: 1n })) }));
    expect(heard.splice(0)).toEqual([
      'bidi_stream /etcdserverpb.Watch/Watch',
      ...['Range', 'RangeStream', 'Put', 'DeleteRange', 'Txn', 'Compact'].map(
        (name) => `${name === 'RangeStream' ? 'server_stream' : 'unary'} /etcdserverpb.KV/${name}`,
      ),
    ]);

    await connection.service(KVDefinition).range(RangeRequest.fromPartial({ limit: 5n }));
    expect(heard.splice(0).sort()).toEqual(
      ['Range 0 true', 'Range received 2', 'Range sent 2', 'Range started'].sort(),
    );

    const call = connection.service(WatchDefinition).watch();
    await call.write(cancelOf(1));
    call.end();
    const iterator = call[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(response);
    await expect(iterator.next()).rejects.toMatchObject(statusOf(ERRORS.NoLeader));
    expect(heard).toEqual([
      'Watch started',
      `Watch received ${WatchRequest.encode(cancelOf(1)).finish().length}`,
      `Watch sent ${WatchResponse.encode(response).finish().length}`,
      `Watch ${GrpcStatus.Unavailable} true`,
    ]);
  });

  it('may not be given a method twice', async () => {
    await start([kv({})]);
    expect(() => server.grpc.add(kv({}))).toThrow('/etcdserverpb.KV/Range is served already');
  });
});

describe('closing the server', () => {
  it('lets a running call end within the grace time', async () => {
    const arrived = report<void>();
    const release = report<void>();
    await start([
      kv({
        put: async () => {
          arrived.tell();
          await release.told;
          return PutResponse.fromPartial({ prevKv: KeyValue.fromPartial({}) });
        },
      }),
    ]);
    const put = connection.service(KVDefinition).put(putOf('k'));
    await arrived.told;
    const closed = server.grpc.close(60_000);
    release.tell();
    expect(await put).toBeDefined();
    await closed;
  });

  it('cancels what runs longer', async () => {
    const reason = report<unknown>();
    const arrived = report<void>();
    await start([
      watch(async (_incoming, { signal }, out) => {
        out.write(watchId(1));
        arrived.tell();
        reason.tell(await aborted(signal));
      }),
    ]);
    const call = connection.service(WatchDefinition).watch();
    await arrived.told;
    await server.grpc.close(30);
    expect(await reason.told).toMatchObject({ code: GrpcStatus.Canceled });
    call.cancel();
  });
});
