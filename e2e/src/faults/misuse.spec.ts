import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

import { EtcdProcess, pause, RpcClient } from '@etcd-ts/testkit';
import { KVDefinition, PutRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { AcknowledgedPuts } from './acknowledged-puts.js';
import { expectFatalEnd } from './fatal-end.js';

let ours: EtcdProcess;
let reference: EtcdProcess;
beforeAll(async () => {
  ours = await EtcdProcess.start({ flavour: 'ours' });
  reference = await EtcdProcess.start({ flavour: 'reference' });
});
afterAll(async () => {
  await ours.dispose();
  await reference.dispose();
});

async function stillServes(node: EtcdProcess): Promise<void> {
  expect(await new AcknowledgedPuts().putUntilRefused(node, 3)).toBeUndefined();
}

describe('a node that cannot have what it is given', () => {
  it.each(['clientPort', 'peerPort'] as const)('refuses a busy %s', async (port) => {
    const node = await EtcdProcess.launch({ flavour: 'ours', [port]: ours.setup[port] });
    try {
      await expectFatalEnd(node, /address already in use/);
    } finally {
      await node.dispose();
    }
    await stillServes(ours);
  });

  it('does not serve a data directory another process serves', async () => {
    const { dataDir } = ours.setup;
    const second = await EtcdProcess.launch({ flavour: 'ours', dataDir });
    try {
      await Promise.race([second.exited, pause(3_000)]);
      expect(second.log).not.toContain('serving client traffic');
    } finally {
      await second.dispose();
    }
    await stillServes(ours);
  });

  it('stays the member its data directory belongs to, whatever the flags say', async () => {
    const first = await EtcdProcess.start({ flavour: 'ours' });
    const id = (await headerOf(first))?.memberId;
    const puts = new AcknowledgedPuts();
    await puts.putUntilRefused(first, 5);
    await first.stop();
    const flags = ['--name', 'other', '--initial-cluster', 'other=http://127.0.0.1:2380'];
    const second = await first.restart({ flags });
    try {
      expect((await headerOf(second))?.memberId).toBe(id);
      expect(await puts.missingIn(second)).toEqual([]);
    } finally {
      await second.dispose();
      await first.dispose();
    }
  });
});

async function headerOf(node: EtcdProcess): Promise<{ memberId: bigint } | undefined> {
  const client = new RpcClient(node.endpoint);
  const outcome = await client.unary(
    KVDefinition,
    KVDefinition.methods.put,
    PutRequest.fromPartial({ key: Buffer.from('header') }),
  );
  client.close();
  return outcome.kind === 'ok' ? outcome.response.header : undefined;
}

describe('bytes that are no request', () => {
  it.each([
    ['random bytes', Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 7919) % 256))],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex')],
    ['half an HTTP/2 preface', Buffer.from('PRI * HTTP/2.0\r\n')],
    ['a broken preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')],
    [
      'a frame beyond all limits',
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nffffff0400000000', 'latin1'),
    ],
    ['an endless header', Buffer.alloc(300_000, 'GET /')],
  ])('%s are not answered as one, and the node goes on', async (_what, bytes) => {
    await new Promise<void>((resolve) => {
      const socket = connect(ours.setup.clientPort, '127.0.0.1', () => socket.end(bytes));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
      setTimeout(() => socket.destroy(), 1_000);
    });
    await stillServes(ours);
    expect(ours.obituary()).toBeUndefined();
  });
});

describe('requests that must be refused as the original refuses them', () => {
  const PUT = '/etcdserverpb.KV/Put';
  const put = (valueBytes: number): Buffer =>
    Buffer.from(
      PutRequest.encode(
        PutRequest.fromPartial({ key: Buffer.from('k'), value: Buffer.alloc(valueBytes) }),
      ).finish(),
    );
  const txn = (operations: number): Buffer =>
    Buffer.from(
      TxnRequest.encode(
        TxnRequest.fromPartial({
          success: Array.from({ length: operations }, (_, i) => ({
            request: { $case: 'requestPut', value: { key: Buffer.from(`k${i}`) } },
          })),
        }),
      ).finish(),
    );

  it.each<[string, string, Buffer]>([
    ['a value of 1.5 MiB and its envelope', PUT, put(1.5 * 1024 * 1024)],
    ['a request of 1.6 MiB', PUT, put(1.6 * 1024 * 1024)],
    ['too many operations', '/etcdserverpb.KV/Txn', txn(129)],
    ['an empty request', PUT, Buffer.alloc(0)],
  ])('%s', async (_what, path, body) => {
    const [a, b] = [new RpcClient(ours.endpoint), new RpcClient(reference.endpoint)];
    const [answered, expected] = await Promise.all([
      a.unaryBytes(path, body),
      b.unaryBytes(path, body),
    ]);
    a.close();
    b.close();
    expect(expected.kind).toBe('error');
    expect(answered).toEqual(expected);
  });

  it.each<[string, string, Buffer]>([
    ['a message over the limit of gRPC', PUT, put(3 * 1024 * 1024)],
    ['an unknown service', '/etcdserverpb.Nothing/Put', Buffer.alloc(0)],
    ['an unknown method', '/etcdserverpb.KV/Nothing', Buffer.alloc(0)],
    ['a malformed message', PUT, Buffer.from('0aff01', 'hex')],
  ])('%s, by its code: the words are those of the gRPC library', async (_what, path, body) => {
    const [a, b] = [new RpcClient(ours.endpoint), new RpcClient(reference.endpoint)];
    const [answered, expected] = await Promise.all([
      a.unaryBytes(path, body),
      b.unaryBytes(path, body),
    ]);
    a.close();
    b.close();
    expect(expected.kind).toBe('error');
    expect({ ...answered, message: '' }).toEqual({ ...expected, message: '' });
    await stillServes(ours);
  });

  it('a call whose content is not said to be gRPC never succeeds', async () => {
    const session = connectHttp2(`http://${ours.endpoint}`);
    session.on('error', () => undefined);
    const status = await new Promise<string>((resolve) => {
      const request = session.request({ ':method': 'POST', ':path': PUT });
      request.on('response', (headers) => resolve(`HTTP ${String(headers[':status'])}`));
      request.on('error', () => resolve('reset'));
      request.on('close', () => resolve('closed'));
      request.end(Buffer.concat([Buffer.of(0, 0, 0, 0, put(1).length), put(1)]));
    });
    session.destroy();
    expect(status).toMatch(/^(HTTP 4\d\d|reset|closed)$/);
    await stillServes(ours);
  });
});
