import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { KVDefinition, PutResponse } from '@etcd-ts/wire-protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { Connection } from '../client/connection.js';
import { NO_OBSERVER } from '../service/observer.js';
import { kv, putOf } from '../testing/testing-calls.js';
import { GrpcServer } from './grpc-server.js';

const directory = mkdtempSync(join(tmpdir(), 'grpc-server-'));
const socketPath = join(directory, 'socket');
let peers: string[] = [];
let commonNames: (string | undefined)[] = [];
let grpc: GrpcServer;
let listener: Server;

function listen(accept: (grpc: GrpcServer, socket: Duplex) => void): Promise<void> {
  peers = [];
  commonNames = [];
  grpc = new GrpcServer({
    maxReceiveBytes: 2 ** 21,
    maxConcurrentStreams: 100,
    keepaliveMinTimeMs: 5_000,
    keepaliveIntervalMs: 7_200_000,
    keepaliveTimeoutMs: 20_000,
    observer: NO_OBSERVER,
    logger: SILENT_LOGGER,
  });
  grpc.add(
    kv({
      put: ({ value }, { peer, peerCertificateCommonName }) => {
        peers.push(peer);
        commonNames.push(peerCertificateCommonName);
        return PutResponse.fromPartial({ prevKv: { value } });
      },
    }),
  );
  listener = createServer((socket) => accept(grpc, socket));
  return new Promise((resolve) => listener.listen(socketPath, resolve));
}

afterEach(async () => {
  listener.close();
  await grpc.close(0);
});
afterAll(() => rmSync(directory, { recursive: true }));

async function putBack(bytes: number): Promise<number | undefined> {
  const connection = new Connection(`unix:${socketPath}`);
  const answer = await connection.service(KVDefinition).put(putOf('k', Buffer.alloc(bytes)));
  connection.close();
  return answer.prevKv?.value.length;
}

describe('a gRPC server', () => {
  it('serves a unix socket, whose clients have no name', async () => {
    await listen((server, socket) => server.acceptConnection(socket));
    expect([await putBack(10), await putBack(1_500_000)]).toEqual([10, 1_500_000]);
    expect(peers).toEqual(['@', '@']);
  });

  it('tells handlers the name in the certificate that the acceptor of the connection verified', async () => {
    const names = ['alice', undefined];
    await listen((server, socket) => {
      const peerCertificateCommonName = names.shift();
      server.acceptConnection(socket, { peerCertificateCommonName });
    });
    await putBack(1);
    await putBack(1);
    expect(commonNames).toEqual(['alice', undefined]);
  });

  it('serves any duplex stream, such as TLS is one', async () => {
    await listen((server, socket) => {
      server.acceptConnection(
        new Duplex({
          read: () => void socket.resume(),
          write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
          construct(done) {
            socket
              .on('data', (chunk: Buffer) => this.push(chunk))
              .on('close', () => this.destroy());
            done();
          },
        }),
      );
    });
    expect([await putBack(10), await putBack(1_500_000)]).toEqual([10, 1_500_000]);
  });
});
