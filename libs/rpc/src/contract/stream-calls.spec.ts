import {
  ERRORS,
  GrpcStatus,
  KVDefinition,
  RangeStreamResponse,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import type { Client } from '@grpc/grpc-js';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { Connection } from '../client/connection.js';
import type { BoundService } from '../service/bound-service.js';
import { Encoded } from '../service/handlers.js';
import {
  kv,
  watch,
  ANY_RANGE,
  blob,
  watchId,
  cancelOf,
  report,
  statusOf,
  countOf,
} from '../testing/testing-calls.js';
import type { WatchHandlers } from '../testing/testing-calls.js';
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

describe.each(TRANSPORTS)('a server stream, on %s', (transport) => {
  it('brings all messages in order, then the status', async () => {
    await start(transport, [
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

  it('brings messages that were encoded before, in one piece or two, whatever their size', async () => {
    const sizes = [1, 100, 20_000, 300_000];
    await start(transport, [
      kv({
        rangeStream: async (_request, _call, out) => {
          for (const size of sizes) {
            const bytes = RangeStreamResponse.encode(blob(size)).finish();
            const middle = Math.floor(bytes.length / 2);
            out.write(new Encoded(bytes.subarray(0, middle), bytes.subarray(middle)));
            if (!out.write(new Encoded(bytes))) await out.drained();
          }
        },
      }),
    ]);
    const received: RangeStreamResponse[] = [];
    for await (const message of connection.service(KVDefinition).rangeStream(ANY_RANGE)) {
      received.push(message);
    }
    expect(received).toEqual(sizes.flatMap((size) => [blob(size), blob(size)]));
  });

  it('holds a writer back whose client does not read, and lets it go on when it does', async () => {
    const CHUNK_BYTES = 16 * 1024;
    const TOTAL = 400;
    let written = 0;
    const full = report<number>();
    await start(transport, [
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
    await start(transport, [
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
    await start(transport, [
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

describe.each(TRANSPORTS)('a bidirectional stream, on %s', (transport) => {
  const echo: WatchHandlers['watch'] = async (incoming, _call, out) => {
    for await (const { requestUnion } of incoming) {
      if (requestUnion?.$case !== 'cancelRequest') continue;
      if (!out.write(watchId(Number(requestUnion.value.watchId)))) await out.drained();
    }
    out.write(watchId(-1));
  };

  it('carries messages both ways, and the end of one direction leaves the other open', async () => {
    await start(transport, [watch(echo)]);
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
    await start(transport, [
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
    await start(transport, [
      watch(async (incoming, _call, out) => {
        try {
          out.write(watchId(0));
          reading.tell();
          await countOf(incoming);
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

  it('ends with the failure of a handler that is not even a promise', async () => {
    await start(transport, [
      watch(() => {
        throw ERRORS.NoLeader.error();
      }),
    ]);
    const call = connection.service(WatchDefinition).watch();
    await expect(countOf(call)).rejects.toMatchObject(statusOf(ERRORS.NoLeader));
  });

  it('ends with Internal on a malformed message', async () => {
    await start(transport, [watch(echo)]);
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

describe.each(TRANSPORTS)('many calls, on %s', (transport) => {
  it('run at once on one connection: 1000 streams', async () => {
    let open = 0;
    const all = report<void>();
    await start(transport, [
      watch(async (incoming, _call, out) => {
        if (++open === 1_000) all.tell();
        await all.told;
        for await (const request of incoming) out.write(request && watchId(1));
      }),
    ]);
    const client = connection.service(WatchDefinition);
    const streams = Array.from({ length: 1_000 }, async () => {
      const call = client.watch();
      await call.write(cancelOf(1));
      call.end();
      return countOf(call);
    });
    expect(new Set(await Promise.all(streams))).toEqual(new Set([1]));
  });
});
