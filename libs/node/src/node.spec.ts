import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { Connection } from '@etcd-ts/rpc';
import { KVDefinition, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

import { startNode } from './node.js';
import {
  configOf,
  freePort,
  removeDirectory,
  temporaryDirectory,
  TestNode,
  textOf,
} from './testing/test-node.js';

const KEY = Buffer.from('key');

const valueIn = async (connection: Connection): Promise<string | undefined> => {
  const { kvs } = await connection.service(KVDefinition).range(RangeRequest.create({ key: KEY }));
  return kvs[0]?.value.toString();
};

const putInto = (connection: Connection, value: string): Promise<unknown> =>
  connection
    .service(KVDefinition)
    .put(PutRequest.create({ key: KEY, value: Buffer.from(value) }), { timeoutMs: 10_000 });

interface HttpAnswer {
  readonly status: number | undefined;
  readonly body: string;
}

/** Over the connections of nobody: each request has its own. */
const get = (address: string, path: string): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const target = address.startsWith('unix:')
      ? { socketPath: address.slice('unix:'.length) }
      : { host: address.split(':')[0], port: address.split(':')[1] };
    const sent = request({ ...target, path, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('error', reject).end();
  });

describe('a node', () => {
  it('lives in one process with others, each with its own data', async () => {
    const nodes = await Promise.all([TestNode.start(), TestNode.start()]);
    for (const [at, { connection }] of nodes.entries()) await putInto(connection, `of ${at}`);
    for (const [at, { connection }] of nodes.entries()) {
      expect(await valueIn(connection)).toBe(`of ${at}`);
    }
    // Metrics are a node's own, too.
    const scrapes = await Promise.all(nodes.map(({ node }) => node.metrics.scrape()));
    for (const { text } of scrapes) {
      expect(text).toMatch(/grpc_server_handled_total\{[^}]*"Put"[^}]*"OK"\} 1\n/);
    }
    for (const node of nodes) await node.dispose();
  });

  it('keeps what it acknowledged over a stop and a start', async () => {
    const dataDir = temporaryDirectory();
    for (const expected of [undefined, 'kept']) {
      const node = await startNode(configOf(dataDir), { logger: SILENT_LOGGER });
      const connection = new Connection(textOf(node.clientAddresses[0]));
      expect(await valueIn(connection)).toBe(expected);
      await putInto(connection, 'kept');
      connection.close();
      await node.stop();
    }
    removeDirectory(dataDir);
  });

  it('can be stopped before it is ready, and twice', async () => {
    const dataDir = temporaryDirectory();
    const node = await startNode(configOf(dataDir), { logger: SILENT_LOGGER });
    const readiness = node.ready.then(
      () => 'ready',
      (error: Error) => error.message,
    );
    await Promise.all([node.stop(), node.stop()]);
    await node.stop();
    expect(await node.stopped).toBeUndefined();
    expect(await readiness).toMatch(/ready|etcdserver: server stopped/);
    removeDirectory(dataDir);
  });

  it('answers what is asked before it is ready as soon as it is', async () => {
    const dataDir = temporaryDirectory();
    const node = await startNode(configOf(dataDir), { logger: SILENT_LOGGER });
    const address = textOf(node.clientAddresses[0]);
    const connection = new Connection(address);
    await putInto(connection, 'early');
    expect(await get(address, '/health')).toEqual({
      status: 200,
      body: '{"health":"true","reason":""}',
    });
    connection.close();
    await node.stop();
    removeDirectory(dataDir);
  });
});

describe('a node that cannot start', () => {
  it('names a busy port in the words of the original, and has written nothing', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    const dataDir = join(temporaryDirectory(), 'data');
    const url = `http://127.0.0.1:${port}`;
    await expect(
      startNode(configOf(dataDir, ['--listen-client-urls', url]), { logger: SILENT_LOGGER }),
    ).rejects.toThrow(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
    expect(existsSync(dataDir)).toBe(false);
    await new Promise((resolve) => holder.close(resolve));
    removeDirectory(join(dataDir, '..'));
  });

  it('gives its ports back when its directory is taken', async () => {
    const first = await TestNode.start();
    const config = configOf(first.dataDir, [
      '--listen-client-urls',
      `http://127.0.0.1:${await freePort()}`,
    ]);
    const start = (): Promise<unknown> => startNode(config, { logger: SILENT_LOGGER });
    await expect(start()).rejects.toThrow('is in use by another process');
    // Not the port in use, which would come first.
    await expect(start()).rejects.toThrow('is in use by another process');
    await first.dispose();
  });
});

describe('the URLs of a node', () => {
  it('serve gRPC and HTTP on one port', async () => {
    const test = await TestNode.start();
    await putInto(test.connection, 'over gRPC');
    expect((await get(test.address, '/version')).body).toContain('"etcdserver"');
    await test.dispose();
  });

  it('serve either alone when HTTP has URLs of its own', async () => {
    const test = await TestNode.start(['--listen-client-http-urls', 'http://localhost:0']);
    const [grpc, http] = test.node.clientAddresses.map(textOf);
    await putInto(test.connection, 'over gRPC');
    expect((await get(grpc ?? '', '/health')).status).toBe(400);
    expect((await get(http ?? '', '/health')).status).toBe(200);
    const wrong = new Connection(http ?? '');
    await expect(valueIn(wrong)).rejects.toMatchObject({ code: 14 });
    wrong.close();
    await test.dispose();
  });

  it('serve metrics and health, and nothing else, where only metrics were asked for', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const test = await TestNode.start(['--listen-metrics-urls', `http://${address}`]);
    const statuses = async (path: string): Promise<number | undefined> =>
      (await get(address, path)).status;
    expect(await statuses('/metrics')).toBe(200);
    expect(await statuses('/health')).toBe(200);
    expect(await statuses('/version')).toBe(404);
    await test.dispose();
  });

  it('serve the API as JSON unless told not to', async () => {
    for (const [flags, status] of [
      [[], 501],
      [['--enable-grpc-gateway=false'], 404],
    ] as const) {
      const test = await TestNode.start(flags);
      // A GET: a route that is there refuses it, and without the gateway there is no route.
      expect((await get(test.address, '/v3/kv/range')).status).toBe(status);
      expect((await get(test.address, '/health')).status).toBe(200);
      await test.dispose();
    }
  });

  it('count what is asked as JSON like what is asked over gRPC', async () => {
    const test = await TestNode.start();
    const url = `http://${test.address}/v3/kv/put`;
    for (const body of ['{"key":"YQ=="}', '{}', '{"key":5}']) {
      await (await fetch(url, { method: 'POST', body })).text();
    }
    const { text } = await test.node.metrics.scrape();
    const counted = (name: string, labels = ''): string | undefined =>
      new RegExp(`^grpc_server_${name}\\{[^}]*"Put"[^}]*${labels}\\} (\\d+)$`, 'mu').exec(
        text,
      )?.[1];
    // What could not be read has never been a call.
    expect(counted('started_total')).toBe('2');
    expect(counted('handled_total', '"OK"')).toBe('1');
    expect(counted('handled_total', '"InvalidArgument"')).toBe('1');
    expect(counted('msg_received_total')).toBe('2');
    expect(counted('msg_sent_total')).toBe('1');
    await test.dispose();
  });

  it('may be unix sockets', async () => {
    const folder = temporaryDirectory();
    const path = join(folder, 'etcd.sock');
    const test = await TestNode.start(['--listen-client-urls', `unix://${path}`]);
    expect(test.address).toBe(`unix:${path}`);
    await putInto(test.connection, 'by a socket');
    expect(await valueIn(test.connection)).toBe('by a socket');
    expect((await get(test.address, '/health')).status).toBe(200);
    await test.dispose();
    expect(existsSync(path)).toBe(false);
    removeDirectory(folder);
  });
});
