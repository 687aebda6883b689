import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { HealthDefinition, HealthCheckResponse } from '@etcd-ts/wire-protocol';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connectService } from '../client/connection.js';
import { bindService } from '../service/bound-service.js';
import type { TestingServer, TestingServerOptions } from '../testing/testing-server.js';
import { startTestingServer } from '../testing/testing-server.js';
import { ClientPort } from './client-port.js';
import { ListenError } from './listen-address.js';

const SERVING = HealthCheckResponse.fromPartial({ status: 1 });
const health = bindService(HealthDefinition, {
  check: () => Promise.resolve(SERVING),
  watch: () => Promise.resolve(),
});

let server: TestingServer;
const start = async (options: TestingServerOptions = {}): Promise<void> => {
  server = await startTestingServer({ services: [health], ...options });
};
afterEach(() => server.close());

/** Sends the pieces one after the other, each in a segment of its own; all that came back. */
async function exchange(pieces: readonly string[], end = false): Promise<string> {
  const socket = connect(server.port, '127.0.0.1').setNoDelay();
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
    // The server shares this event loop: let it read before the next piece is there.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (end) socket.end();
  await closed;
  return answer;
}

async function check(): Promise<unknown> {
  const client = connectService(HealthDefinition, server.address);
  try {
    return await client.check({ service: '' }, { timeoutMs: 5_000 });
  } finally {
    client.close();
  }
}

const REQUEST =
  'POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello';

describe('a client port', () => {
  it('serves gRPC and HTTP/1 side by side', async () => {
    await start();
    expect(await check()).toEqual(SERVING);
    expect(await exchange([REQUEST])).toMatch(/^HTTP\/1\.1 200 [^]*POST \/v3\/kv\/put hello$/);
  });

  it('knows HTTP/1 however its bytes are cut', async () => {
    await start();
    const bytes = [...REQUEST];
    expect(await exchange(bytes)).toMatch(/POST \/v3\/kv\/put hello$/);
  });

  it('knows HTTP/2 however its preface is cut', async () => {
    await start();
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const emptySettings = '\0\0\0\x04\0\0\0\0\0';
    const goAway = '\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0';
    const answer = await exchange([...preface, emptySettings, goAway], true);
    // A settings frame, by its type and stream: the server spoke HTTP/2.
    expect(answer.slice(3, 9)).toBe('\x04\0\0\0\0\0');
  });

  it('answers a request whose sender has closed its half', async () => {
    await start();
    expect(await exchange([REQUEST], true)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each(['\x16\x03\x01\x02', 'garbage\r\n\r\n', '\0'.repeat(100_000)])(
    'answers what is neither with 400 and closes',
    async (garbage) => {
      await start();
      expect(await exchange([garbage])).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    },
  );

  it('closes a connection that does not say what it is in time', async () => {
    await start({ sniffTimeoutMs: 50 });
    expect(await exchange([])).toBe('');
    expect(await exchange(['PRI * HT'])).toBe('');
  });

  it('closes a connection whose client leaves before saying what it is', async () => {
    await start();
    expect(await exchange(['GE'], true)).toBe('');
  });

  it('lets nobody hold a connection with half a header', async () => {
    await start();
    server.http.headersTimeout = 1;
    const answer = await exchange(['GET / HTTP/1.1\r\nHost:']);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('does not keep a gRPC connection half open', async () => {
    await start();
    await exchange(['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\0\0\0\x04\0\0\0\0\0'], true);
  });

  it('serves only gRPC, or only HTTP, where told so', async () => {
    await start({ serve: 'grpc' });
    expect(await check()).toEqual(SERVING);
    expect(await exchange([REQUEST])).toMatch(/^HTTP\/1\.1 400 /);
    await server.close();
    await start({ serve: 'http' });
    expect(await exchange([REQUEST])).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'])).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('an address to listen on', () => {
  const listen = (...hosts: readonly { host: string; port: number }[]): Promise<ClientPort> =>
    ClientPort.listen({
      addresses: hosts.map((address) => ({ address, serve: 'all' as const })),
      grpc: server.grpc,
      http: createServer(),
      sniffTimeoutMs: 1_000,
      logger: SILENT_LOGGER,
    });

  it('named localhost is 127.0.0.1, as for the original', async () => {
    await start();
    expect(server.clientPort.addresses).toEqual([{ host: '127.0.0.1', port: server.port }]);
  });

  it('in use fails with the words of the original, and the others are given up', async () => {
    await start();
    const other = await listen({ host: '127.0.0.1', port: 0 });
    const [free] = other.addresses;
    await other.close(0);
    const port = free !== undefined && 'port' in free ? free.port : 0;
    const taken = { host: 'localhost', port: server.port };
    await expect(listen({ host: '127.0.0.1', port }, taken)).rejects.toMatchObject({
      message: `listen tcp 127.0.0.1:${server.port}: bind: address already in use`,
      code: 'EADDRINUSE',
    });
    const again = await listen({ host: '127.0.0.1', port });
    await again.close(0);
  });

  it('of another machine fails with the words of the original', async () => {
    await start();
    await expect(listen({ host: '192.0.2.1', port: 23100 })).rejects.toThrow(
      new ListenError(
        'listen tcp 192.0.2.1:23100: bind: cannot assign requested address',
        'EADDRNOTAVAIL',
      ),
    );
  });

  it('unspecified takes both families', async () => {
    await start();
    const port = await listen({ host: '0.0.0.0', port: 0 });
    const [bound] = port.addresses;
    const socket = connect(bound !== undefined && 'port' in bound ? bound.port : 0, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    await port.close(0);
  });

  it('may be a unix socket, whose file a dead process left behind', async () => {
    await start();
    const socketPath = `/tmp/rpc-spec-${process.pid}.sock`;
    for (let round = 0; round < 2; round++) {
      const port = await ClientPort.listen({
        addresses: [{ address: { socketPath }, serve: 'all' }],
        grpc: server.grpc,
        http: createServer(),
        sniffTimeoutMs: 1_000,
        logger: SILENT_LOGGER,
      });
      const socket = connect(socketPath);
      await once(socket, 'connect');
      socket.destroy();
      await port.close(0);
    }
  });
});

describe('closing a client port', () => {
  it('ends idle connections at once', async () => {
    await start();
    const socket: Socket = connect(server.port, '127.0.0.1');
    socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await server.clientPort.close(60_000);
    await closed;
  });

  it('lets a request that is being answered have its answer', async () => {
    let release: () => void = () => undefined;
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    await start({
      onRequest: (_request, response) => {
        release = () => void response.end('late');
        arrived();
      },
    });
    const answer = exchange(['GET /x HTTP/1.1\r\nHost: x\r\n\r\n']);
    await arrival;
    const closed = server.clientPort.close(60_000);
    release();
    await closed;
    expect(await answer).toMatch(/late$/);
  });

  it('waits for answers no longer than the grace time', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    await start({ onRequest: () => arrived() });
    const answer = exchange(['GET /x HTTP/1.1\r\nHost: x\r\n\r\n']);
    await arrival;
    await server.clientPort.close(20);
    expect(await answer).toBe('');
  });

  it('takes no connection any more', async () => {
    await start();
    await server.clientPort.close(0);
    const [error] = (await once(connect(server.port, '127.0.0.1'), 'error')) as [Error];
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
