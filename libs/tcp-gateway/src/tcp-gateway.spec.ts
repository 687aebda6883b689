import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  createServer as createTlsServer,
} from 'node:tls';
import { SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Scheduler } from '@etcd-ts/foundation';
import { CertificateAuthority } from '@etcd-ts/tls';
import type { RemoteAddress } from './remote.js';
import { TcpGateway } from './tcp-gateway.js';
import type { TcpGatewayOptions } from './tcp-gateway.js';

/** Real time, but for the retries, which the tests call for. */
class TestTime implements Scheduler {
  readonly retries: (() => void)[] = [];
  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  }
  every(_intervalMs: number, callback: () => void): () => void {
    this.retries.push(callback);
    return () => undefined;
  }
  soon(callback: () => void): void {
    setImmediate(callback);
  }
}

const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Backend {
  readonly port: number;
  stop(): Promise<void>;
}

/** Says its name, then repeats what it hears, then that it has heard the end. */
async function backend(name: string, port = 0): Promise<Backend> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(`${name}:`);
    socket.pipe(socket, { end: false });
    socket.on('end', () => socket.end('.'));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanups.push(() => (server.listening ? stop() : undefined));
  return { port: (server.address() as AddressInfo).port, stop };
}

const remote = (port: number, more: Partial<RemoteAddress> = {}): RemoteAddress => ({
  host: '127.0.0.1',
  port,
  priority: 0,
  weight: 0,
  verifyAs: undefined,
  ...more,
});

async function gatewayTo(
  remotes: readonly RemoteAddress[],
  more: Partial<TcpGatewayOptions> = {},
): Promise<{ gateway: TcpGateway; time: TestTime }> {
  const time = new TestTime();
  const gateway = await TcpGateway.listen({
    listen: { host: '127.0.0.1', port: 0 },
    remotes,
    retryDelayMs: 60_000,
    secureContext: undefined,
    logger: SILENT_LOGGER,
    scheduler: time,
    rng: new SeededRng(1),
    ...more,
  });
  cleanups.push(() => gateway.stop());
  return { gateway, time };
}

/** What comes back for a text and its end; empty when the connection is closed without a word. */
async function ask(port: number, text = 'x'): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk.toString()));
  socket.on('error', () => socket.destroy());
  socket.end(text);
  socket.on('end', () => socket.destroy());
  await once(socket, 'close');
  return heard;
}

describe('a gateway', () => {
  it('gives each server its turn, and passes an end of one direction on', async () => {
    const [a, b] = [await backend('a'), await backend('b')];
    const { gateway } = await gatewayTo([remote(a.port), remote(b.port)]);
    const heard = [];
    for (let i = 0; i < 4; i++) heard.push(await ask(gateway.port, 'hello'));
    expect(heard.sort()).toEqual(['a:hello.', 'a:hello.', 'b:hello.', 'b:hello.']);
  });

  it('asks the next server when one is dead, and takes it back when it lives', async () => {
    const [a, b] = [await backend('a'), await backend('b')];
    const { gateway, time } = await gatewayTo([remote(a.port), remote(b.port)]);
    await a.stop();
    for (let i = 0; i < 3; i++) expect(await ask(gateway.port)).toBe('b:x.');
    await backend('again', a.port);
    for (let i = 0; i < 2; i++) expect(await ask(gateway.port)).toBe('b:x.');
    for (const retry of time.retries) retry();
    const heard = new Set<string>();
    while (!heard.has('again:x.')) heard.add(await ask(gateway.port));
    expect(heard.has('again:x.')).toBe(true);
  });

  it('closes a connection that nobody answers, and serves the first that somebody does', async () => {
    const a = await backend('a');
    await a.stop();
    const { gateway } = await gatewayTo([remote(a.port)]);
    expect(await ask(gateway.port)).toBe('');
    await backend('back', a.port);
    expect(await ask(gateway.port)).toBe('back:x.');
  });

  it('asks those of a worse priority only when none of the better answers', async () => {
    const [good, bad] = [await backend('good'), await backend('bad')];
    const { gateway } = await gatewayTo([
      remote(bad.port, { priority: 2 }),
      remote(good.port, { priority: 1, weight: 5 }),
    ]);
    for (let i = 0; i < 3; i++) expect(await ask(gateway.port)).toBe('good:x.');
    await good.stop();
    expect(await ask(gateway.port)).toBe('bad:x.');
  });

  it('notices that a server is itself, by whatever address, and goes on with the others', async () => {
    const a = await backend('a');
    const own = await backend('own');
    await own.stop();
    const { gateway } = await gatewayTo([remote(own.port, { host: 'localhost' }), remote(a.port)], {
      listen: { host: '127.0.0.1', port: own.port },
    });
    for (let i = 0; i < 4; i++) expect(await ask(gateway.port)).toBe('a:x.');
  });

  it('has a limit of clients', async () => {
    const a = await backend('a');
    const { gateway } = await gatewayTo([remote(a.port)], { maxClients: 1 });
    const first = connect(gateway.port, '127.0.0.1');
    await once(first, 'data');
    expect(await ask(gateway.port)).toBe('');
    first.destroy();
  });

  it('carries more than any buffer holds', async () => {
    const a = await backend('a');
    const { gateway } = await gatewayTo([remote(a.port)]);
    const text = 'y'.repeat(3_000_000);
    expect((await ask(gateway.port, text)).length).toBe(text.length + 3);
  });
});

describe('a server that has to show a certificate', () => {
  it('gets connections when it has shown one for its name, and none before', async () => {
    const authority = await CertificateAuthority.create('authority');
    const { certificate, key } = await authority.issue({ commonName: 'x', hosts: ['example.com'] });
    const server = createTlsServer({ cert: certificate, key }, (socket) => socket.end('secret'));
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const ca = Buffer.from(authority.certificate);
    const behind = async (verifyAs: string): Promise<string> => {
      const secureContext = () => createSecureContext({ ca });
      const { gateway } = await gatewayTo([remote(port, { verifyAs })], { secureContext });
      const client = connectTls({ port: gateway.port, ca, servername: 'example.com' });
      let heard = '';
      client.on('data', (chunk) => (heard += chunk.toString()));
      client.on('error', () => client.destroy());
      await new Promise((resolve) => client.once('close', resolve));
      return heard;
    };
    expect(await behind('example.com')).toBe('secret');
    expect(await behind('example.org')).toBe('');
  });
});
