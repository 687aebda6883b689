import {
  ERRORS,
  GrpcStatus,
  KeyValue,
  KVDefinition,
  PutResponse,
  RangeRequest,
  RangeResponse,
  WatchDefinition,
  WatchRequest,
  WatchResponse,
} from '@etcd-ts/wire-protocol';
import { Connection } from '../client/connection.js';
import type { BoundService } from '../service/bound-service.js';
import type { ServerObserver } from '../service/observer.js';
import {
  kv,
  watch,
  putOf,
  watchId,
  cancelOf,
  aborted,
  report,
  statusOf,
} from '../testing/testing-calls.js';
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

describe.each(TRANSPORTS)('an observer, on %s', (transport) => {
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
      transport,
      [
        watch(async (incoming, _call, out) => {
          for await (const request of incoming) out.write(request && response);
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
    await start(transport, [kv({})]);
    expect(() => server.grpc.add(kv({}))).toThrow('/etcdserverpb.KV/Range is served already');
  });
});

describe.each(TRANSPORTS)('closing the server, on %s', (transport) => {
  it('lets a running call end within the grace time', async () => {
    const arrived = report<void>();
    const release = report<void>();
    await start(transport, [
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
    await start(transport, [
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
