import { readdirSync } from 'node:fs';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

import { EtcdProcess, eventually, RpcClient, succeeded, type Flavour } from '@etcd-ts/testkit';
import { MaintenanceDefinition, StatusRequest, type StatusResponse } from '@etcd-ts/wire-protocol';

const SIDES: readonly Flavour[] = ['ours', 'reference'];
const RAW_LIMIT_MS = 1_500;

/** Nobody the members know. */
const STRANGER = 'fade';
const BYTES = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919 + 13) % 251));
/** An 8-byte length, as before every message in a body or stream. */
const length = (bytes: bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(bytes);
  return buffer;
};

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string | undefined;
  readonly allow: string | undefined;
  readonly cluster: string | string[] | undefined;
}

let nodes: Readonly<Record<Flavour, EtcdProcess>>;
let clusterId = '';
let memberId = '';
let before: StatusResponse;

beforeAll(async () => {
  const [ours, reference] = await Promise.all(
    SIDES.map((flavour) => EtcdProcess.start({ flavour })),
  );
  if (ours === undefined || reference === undefined) throw new Error('unreachable');
  nodes = { ours, reference };
  await clusterVersionDecided('ours');
  before = await status('ours');
  // The same URLs and token on both sides give the same ids.
  clusterId = (before.header?.clusterId ?? 0n).toString(16);
  memberId = (before.header?.memberId ?? 0n).toString(16);
});
afterAll(() => Promise.all(SIDES.map((side) => nodes?.[side].dispose())));

/** From then on the member proposes nothing by itself. */
async function clusterVersionDecided(side: Flavour): Promise<void> {
  await eventually(`${side} has a cluster version`, async () => {
    const answer = await fetch(`http://${nodes[side].endpoint}/version`);
    const { etcdcluster } = (await answer.json()) as { readonly etcdcluster: string };
    return /^3\./u.test(etcdcluster) ? true : undefined;
  });
}

async function status(side: Flavour): Promise<StatusResponse> {
  const client = new RpcClient(nodes[side].endpoint);
  try {
    return await succeeded(
      client.unary(
        MaintenanceDefinition,
        MaintenanceDefinition.methods.status,
        StatusRequest.fromPartial({}),
      ),
    );
  } finally {
    client.close();
  }
}

/** What a member of this cluster would say of itself. */
const fromMember = (): OutgoingHttpHeaders => ({
  'X-Server-From': STRANGER,
  'X-Server-Version': '3.4.23',
  'X-Min-Cluster-Version': '3.0.0',
  'X-Etcd-Cluster-ID': clusterId,
  'X-Raft-To': memberId,
});

async function ask(
  side: Flavour,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body?: Uint8Array | string,
): Promise<Answer> {
  const url = `http://127.0.0.1:${nodes[side].setup.peerPort}${path}`;
  const outgoing = request(url, { method, headers: { ...fromMember(), ...headers }, agent: false });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
  });
  if (body !== undefined) outgoing.setHeader('Content-Length', Buffer.byteLength(body));
  outgoing.end(body);
  const answer = await response;
  let text = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) text += chunk.toString();
  return {
    status: answer.statusCode ?? 0,
    body: text,
    type: answer.headers['content-type'],
    allow: answer.headers.allow,
    cluster: answer.headers['x-etcd-cluster-id'],
  };
}

type Question = readonly [
  what: string,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body?: Uint8Array | string,
];

const QUESTIONS: readonly Question[] = [
  ...['/raft', '/raft/snapshot'].flatMap((path): readonly Question[] => [
    ['by another method', 'GET', path, {}],
    ['of another cluster', 'POST', path, { 'X-Etcd-Cluster-ID': 'cafe' }, BYTES],
    ['of no version', 'POST', path, { 'X-Server-Version': '', 'X-Min-Cluster-Version': '' }],
    ['of version 2', 'POST', path, { 'X-Server-Version': '2.3.8' }, BYTES],
    ['that needs version 9', 'POST', path, { 'X-Min-Cluster-Version': '9.0.0' }, BYTES],
    ['with garbage', 'POST', path, {}, BYTES],
    ['without a body', 'POST', path, {}],
  ]),
  ['announcing a message beyond all limits', 'POST', '/raft/snapshot', {}, length(2n ** 62n)],
  ['cut short in its message', 'POST', '/raft/snapshot', {}, length(100n)],
  ['with a garbled message', 'POST', '/raft/snapshot', {}, Buffer.concat([length(9n), BYTES])],
  ...['message', 'msgapp'].flatMap((kind): readonly Question[] => [
    ['by another method', 'POST', `/raft/stream/${kind}/${STRANGER}`, {}],
    ['for a stranger', 'GET', `/raft/stream/${kind}/${STRANGER}`, {}],
    ['for no id', 'GET', `/raft/stream/${kind}/nobody`, {}],
    ['of another cluster', 'GET', `/raft/stream/${kind}/1`, { 'X-Etcd-Cluster-ID': 'cafe' }],
    ['of version 2', 'GET', `/raft/stream/${kind}/1`, { 'X-Server-Version': '2.3.8' }],
  ]),
  ['of no kind', 'GET', `/raft/stream/gossip/${STRANGER}`, {}],
  ['of no path', 'GET', '/raft/stream/', {}],
  ['by another method', 'POST', '/members', {}],
  ['promoting a stranger', 'POST', '/members/promote/1', {}],
  ['promoting nonsense', 'POST', '/members/promote/nonsense', {}],
  ['by another method', 'GET', '/members/promote/1', {}],
  ['with garbage', 'POST', '/leases', {}, BYTES],
  ['by another method', 'GET', '/leases', {}],
  ['of no lease', 'POST', '/leases', {}, Buffer.from('0801', 'hex')],
  ['with garbage', 'POST', '/leases/internal', {}, BYTES],
  ['with garbage', 'GET', '/members/hashkv', {}, BYTES],
  ['of another cluster', 'GET', '/members/hashkv', { 'X-Etcd-Cluster-ID': 'cafe' }, '{}'],
  ['nowhere', 'GET', '/nowhere', {}],
];

/**
 * Where 3.4 does otherwise: it lets a message to nobody pass and compares hashes across clusters, as
 * 3.7 does not; it dies of a length that it cannot allocate, and names the library's reason.
 */
const OUR_WORDS: Readonly<Record<string, string>> = {
  'POST /raft without a body': '{"message":"cannot process message to mismatch member"}',
  'GET /members/hashkv of another cluster': 'cluster ID mismatch\n',
  'POST /raft/snapshot with garbage':
    'failed to decode raft message (rafthttp: error limit exceeded)\n',
  'POST /raft/snapshot announcing a message beyond all limits':
    'failed to decode raft message (rafthttp: error limit exceeded)\n',
  'POST /raft/snapshot with a garbled message':
    'failed to decode raft message (wire type 5 in field 1)\n',
};

describe('what no member would ask is refused as the original refuses it', () => {
  it.each(
    QUESTIONS.map(
      ([what, ...question]) => [`${question[0]} ${question[1]} ${what}`, question] as const,
    ),
  )('%s', async (name, question) => {
    const ours = await ask('ours', ...question);
    expect(ours.status).toBeGreaterThanOrEqual(400);
    const words = OUR_WORDS[name];
    if (words === undefined) expect(ours).toEqual(await ask('reference', ...question));
    else expect(ours.body).toBe(words);
  });
});

/** Sends bytes and reads until the other side closes or has had its time; the status, if any. */
async function exchange(side: Flavour, bytes: Uint8Array | string): Promise<string> {
  const socket = connect(nodes[side].setup.peerPort, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write(bytes);
  const limit = setTimeout(() => socket.destroy(), RAW_LIMIT_MS);
  await closed;
  clearTimeout(limit);
  return /^HTTP\/1\.1 (\d+)/u.exec(answer)?.[1] ?? '';
}

describe('bytes that are no request', () => {
  it.each<[string, Uint8Array | string]>([
    ['anything', BYTES],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex')],
    ['headers without end', `GET /raft HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2_000_000)}`],
    ['a request without its host', 'GET /members HTTP/1.1\r\n\r\n'],
    [
      'two lengths',
      'POST /raft HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ],
    ['half a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM'],
  ])('%s get no answer but a refusal', async (_, bytes) => {
    expect(await exchange('ours', bytes)).toMatch(/^(|4\d\d)$/u);
  });

  it('a snapshot that ends before it is whole', async () => {
    const head = Object.entries(fromMember()).map(
      ([name, value]) => `${name}: ${String(value)}\r\n`,
    );
    const cut = `POST /raft/snapshot HTTP/1.1\r\nHost: x\r\n${head.join('')}Content-Length: 100000\r\n\r\n`;
    const socket = connect(nodes.ours.setup.peerPort, '127.0.0.1');
    socket.write(cut);
    socket.write(BYTES);
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
  });
});

describe('after all of that', () => {
  it('nothing has been stored, and the member serves on', async () => {
    expect(nodes.ours.obituary()).toBeUndefined();
    const { raftTerm, raftIndex, leader, header } = await status('ours');
    const { raftTerm: term, raftIndex: index } = before;
    expect([raftTerm, raftIndex, leader]).toEqual([term, index, header?.memberId]);
    const files = readdirSync(join(nodes.ours.setup.dataDir, 'member', 'snap'));
    expect(files.filter((file) => !file.startsWith('db.sqlite'))).toEqual([]);
    expect(nodes.ours.log).not.toMatch(/"level":"(error|fatal|panic)"/u);
  });
});
