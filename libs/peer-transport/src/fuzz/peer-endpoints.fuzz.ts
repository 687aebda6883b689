import { createServer } from 'node:http';
import { assert, hexId, MemberId, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Rng, Scheduler } from '@etcd-ts/foundation';
import { anyBytes, anyText, mutateText, pick } from '@etcd-ts/fuzzing';
import { converse, repliesIn } from '@etcd-ts/memory-http';
import type { MemoryReply } from '@etcd-ts/memory-http';
import type { Message } from '@etcd-ts/raft';
import { encodePeerMessage } from '@etcd-ts/wire-protocol';
import { encodeMessageFrame } from '../codec/message-frames.js';
import { toPeerMessage } from '../codec/message-mapping.js';
import { MEMBER_HEADERS } from '../testing/raw-request.js';
import { CLUSTER, RecordingObserver } from '../testing/test-member.js';
import { Transport } from '../transport.js';
import { RECEIVER, sampledMessages, SENDER } from './sampled-messages.js';

const CONNECTIONS = 6;
const REQUESTS = 5;
const METHODS = ['POST', 'POST', 'POST', 'GET', 'GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];
const PATHS = [
  ...['/raft', '/raft', '/raft/snapshot', '/raft/probing', '/raft/stream/msgapp/2'],
  ...[
    '/raft/stream/message/2',
    '/raft/stream/message/9',
    '/raft/stream/',
    '/raft/other',
    '/raft?a',
  ],
];
const WORDS = ['/raft', '/stream', '%2f', '..', '//', '?', '0x2', 'ffffffffffffffffff', 'msgapp'];
const HEADERS = { ...MEMBER_HEADERS, 'X-PeerURLs': 'http://127.0.0.1:1', 'X-Raft-To': '1' };
/** Whatever the endpoints, Node's parser, or the test's own handler answer. */
const STATUSES = new Set([200, 204, 400, 403, 404, 405, 408, 410, 412, 413, 414, 417, 431, 500]);

/**
 * What strangers and members send to the endpoints for members, over connections that stay: methods,
 * paths, headers and bodies as they should be and changed. Each request has one whole answer with a
 * status that is meant, raft gets whole messages for this member only, and few strangers are
 * remembered. A case is a request.
 */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const messages = sampledMessages(seed, 4);
  const member = new EndpointUnderTest(rng);
  let cases = 0;
  for (let count = 0; count < CONNECTIONS; count++) {
    const requests = Array.from({ length: 1 + rng.below(REQUESTS) }, () =>
      requestOf(rng, messages),
    );
    cases += requests.length;
    const { bytes } = await converse(member.server, Buffer.concat(requests), 20);
    checkReplies(
      repliesIn(bytes, (place) => isForHead(requests[place])),
      requests.length,
    );
  }
  member.check();
  member.transport.stop();
  return cases;
}

/** Node answers a head without a body, and so must be read. */
function isForHead(request: Buffer | undefined): boolean {
  return request?.toString('latin1', 0, 5) === 'HEAD ';
}

function checkReplies(replies: readonly MemoryReply[], asked: number): void {
  assert(replies.length <= asked, 'more answers than requests');
  for (const { status, headers } of replies) {
    assert(STATUSES.has(status), () => `answered with ${status}`);
    // Nobody may take an error, which can contain what was sent, for a page.
    const type = headers.get('content-type') ?? 'text/plain';
    assert(/^text\/plain|^application\/json/u.test(type), () => `answered as ${type}`);
  }
}

/** Nothing it starts may come due: who dials whom is not what is tried. */
const NEVER: Scheduler = {
  after: () => () => undefined,
  every: () => () => undefined,
  soon: (callback) => void setImmediate(callback),
};

class EndpointUnderTest {
  readonly received: Message[] = [];
  readonly transport: Transport;
  readonly server = createServer((request, response) => {
    if (!this.transport.serve(request, response)) response.writeHead(404).end();
  });

  constructor(rng: Rng) {
    const { received } = this;
    this.transport = new Transport({
      local: {
        id: RECEIVER,
        clusterId: CLUSTER,
        serverVersion: '3.7.1',
        peerUrls: ['http://127.0.0.1:1'],
      },
      raft: {
        receive: (message) => {
          received.push(message);
          return pick(rng, ['taken', 'taken', 'taken', 'full', 'stopped'] as const);
        },
        reportUnreachable: () => undefined,
        reportSnapshot: () => undefined,
        isRemoved: (id) => id === MemberId(9n),
        removedFromCluster: () => undefined,
      },
      snapshotSource: { open: () => Promise.reject(new Error('no snapshot')) },
      snapshotSink: {
        save: async (_index, chunks) => {
          let bytes = 0;
          for await (const chunk of chunks) bytes += chunk.length;
          if (bytes % 7 === 6) throw new Error('no space');
          return bytes;
        },
      },
      dialTimeoutMs: 1_000,
      clock: { monotonicMs: () => 0, wallMs: () => 0 },
      scheduler: NEVER,
      logger: SILENT_LOGGER,
      observer: new RecordingObserver(),
    });
    this.transport.addPeer(SENDER, ['http://127.0.0.1:1']);
  }

  check(): void {
    for (const { to } of this.received) assert(to === RECEIVER, 'a message for somebody else');
  }
}

function requestOf(rng: Rng, messages: readonly Message[]): Buffer {
  const method = pick(rng, METHODS);
  const plain = pick(rng, PATHS);
  const path = rng.below(5) === 0 ? mutateText(rng, plain, WORDS) : plain;
  const body =
    method === 'GET' || method === 'HEAD' ? Buffer.alloc(0) : bodyOf(rng, messages, path);
  const headers: [string, string][] = Object.entries(HEADERS).filter(() => rng.below(40) > 0);
  headers.push(['Host', 'member'], ['Content-Length', String(body.length)]);
  const said = headers.map(([name, value]) => `${name}: ${valueOf(rng, name, value)}\r\n`).join('');
  const head = Buffer.from(`${method} ${onOneLine(path)} HTTP/1.1\r\n${said}\r\n`, 'utf8');
  return Buffer.concat([rng.below(60) === 0 ? anyBytes(rng, head) : head, body]);
}

function valueOf(rng: Rng, name: string, value: string): string {
  if (name === 'Content-Length' || name === 'Host' || rng.below(12) > 0) return value;
  if (rng.below(2) === 0) return pick(rng, ['', '9', hexId(CLUSTER), '2.0.0', '9.9.9', '3.7.1-rc']);
  return onOneLine(anyText(rng, value, [',', '.', 'http://b:2', 'unix://c', '0']));
}

/** What ends a line is tried by changing whole heads. */
function onOneLine(text: string): string {
  return text.replace(/[\r\n]/gu, '_').replace(/ /gu, '+');
}

function bodyOf(rng: Rng, messages: readonly Message[], path: string): Buffer {
  const message = pick(rng, messages);
  const isSnapshot = path.startsWith('/raft/snapshot');
  const sent = isSnapshot
    ? (messages.find(({ type }) => type === 'installSnapshot') ?? message)
    : message;
  const wire = toPeerMessage(sent);
  const valid = isSnapshot
    ? Buffer.concat([encodeMessageFrame(wire), Buffer.from('the content')])
    : Buffer.from(encodePeerMessage(wire));
  return rng.below(3) === 0 ? valid : anyBytes(rng, valid);
}
