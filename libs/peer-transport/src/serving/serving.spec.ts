import { hexId, MemberId } from '@etcd-ts/foundation';
import { encodePeerMessage } from '@etcd-ts/wire-protocol';
import fc from 'fast-check';
import { encodeMessageFrame } from '../codec/message-frames.js';
import { toPeerMessage } from '../codec/message-mapping.js';
import { hurriedTime } from '../testing/hurried-time.js';
import { heartbeat, snapshot, someone, vote } from '../testing/messages.js';
import { ask, MEMBER_HEADERS, sendBytes } from '../testing/raw-request.js';
import { until } from '../testing/real-time.js';
import { TestMember } from '../testing/test-member.js';

let member: TestMember;
const saved: Buffer[] = [];
const sender = someone(2n);

beforeEach(async () => {
  saved.length = 0;
  member = await TestMember.start({
    id: 1n,
    ...hurriedTime(20),
    snapshotSink: {
      save: async (_, chunks) => {
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        return saved.push(Buffer.concat(parts));
      },
    },
  });
});
afterEach(() => member.stop());

const post = (path: string, body?: Uint8Array | string, headers = {}) =>
  ask(`${member.url}${path}`, 'POST', { ...MEMBER_HEADERS, ...headers }, body);
const get = (path: string, headers = {}) =>
  ask(`${member.url}${path}`, 'GET', { ...MEMBER_HEADERS, ...headers });
const message = (to = member.id) => encodePeerMessage(toPeerMessage(vote(sender, { id: to })));
const STREAM = '/raft/stream/msgapp/2';

describe('every endpoint for members', () => {
  it.each([
    ['/raft', 'GET', 'POST'],
    ['/raft', 'PUT', 'POST'],
    ['/raft/snapshot', 'GET', 'POST'],
    ['/raft/stream/msgapp/2', 'POST', 'GET'],
    ['/raft/stream/message/2', 'DELETE', 'GET'],
    ['/raft/stream/nonsense', 'POST', 'GET'],
  ])('%s refuses %s and names %s', async (path, method, allowed) => {
    const answer = await ask(`${member.url}${path}`, method, {});
    expect(answer).toMatchObject({ status: 405, body: 'Method Not Allowed\n' });
    expect(answer.headers).toMatchObject({ allow: allowed, 'x-content-type-options': 'nosniff' });
  });

  it.each([
    ['of no version', { 'X-Server-Version': '', 'X-Min-Cluster-Version': '' }],
    ['of an old version', { 'X-Server-Version': '2.3.8' }],
    ['that needs a newer cluster', { 'X-Min-Cluster-Version': '3.8.0' }],
    ['of a version that is none', { 'X-Server-Version': 'three' }],
  ])('refuses a sender %s', async (_, headers) => {
    for (const answer of [
      await post('/raft', message(), headers),
      await post('/raft/snapshot', '', headers),
      await get(STREAM, headers),
    ]) {
      expect(answer).toMatchObject({ status: 412, body: 'incompatible version\n' });
      expect(answer.headers['x-etcd-cluster-id']).toBe('c1a5');
    }
    expect(member.raft.received).toEqual([]);
    expect(member.log.has('warn failed to check version compatibility')).toBe(true);
  });

  it('refuses a sender that says nothing of itself as one of an old version', async () => {
    expect(await ask(`${member.url}/raft`, 'POST', {})).toMatchObject({
      status: 412,
      body: 'incompatible version\n',
    });
  });

  it.each(['c1a6', '', '0c1a5', 'nonsense'])('refuses the cluster id "%s"', async (clusterId) => {
    const headers = { 'X-Etcd-Cluster-ID': clusterId };
    for (const answer of [
      await post('/raft', message(), headers),
      await post('/raft/snapshot', '', headers),
      await get(STREAM, headers),
    ]) {
      expect(answer).toMatchObject({ status: 412, body: 'cluster ID mismatch\n' });
    }
    expect(member.raft.received).toEqual([]);
  });

  it('leaves other paths to others, and knows none of its own but these', async () => {
    expect(await get('/members')).toMatchObject({ status: 404, body: '' });
    expect(await get('/raftish')).toMatchObject({ status: 404, body: '' });
    expect(await get('/raft/xyz')).toMatchObject({ status: 404, body: '404 page not found\n' });
  });
});

describe('POST /raft', () => {
  it('takes a message and says so without words', async () => {
    const answer = await post('/raft', message());
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(answer.headers['x-etcd-cluster-id']).toBe('c1a5');
    expect(member.raft.received).toEqual([vote(sender, member)]);
  });

  it('refuses what is no message', async () => {
    expect(await post('/raft', 'garbage')).toMatchObject({
      status: 400,
      body: 'error unmarshalling raft message\n',
    });
  });

  it('refuses a message from a removed member', async () => {
    member.raft.removedMembers.add(sender.id);
    const answer = await post('/raft', message());
    expect(answer).toMatchObject({
      status: 403,
      body: '{"message":"cannot process message from removed member"}',
    });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('refuses a message to another member', async () => {
    expect(await post('/raft', message(MemberId(3n)))).toMatchObject({
      status: 403,
      body: '{"message":"cannot process message to mismatch member"}',
    });
  });

  it('refuses what members do not say, and a snapshot without its content', async () => {
    const hup = { ...toPeerMessage(vote(sender, member)), type: 0 };
    const bare = toPeerMessage(snapshot(sender, member, 7));
    for (const wire of [hup, bare]) {
      expect(await post('/raft', encodePeerMessage(wire))).toMatchObject({
        status: 400,
        body: 'wrong raft message type\n',
      });
    }
    expect(member.raft.received).toEqual([]);
  });

  it.each(['full', 'stopped'] as const)('fails when raft is %s', async (outcome) => {
    member.raft.outcome = outcome;
    expect(await post('/raft', message())).toMatchObject({
      status: 500,
      body: 'error processing raft message\n',
    });
  });

  it('does not wait for a body that does not come', async () => {
    const head = Object.entries({ ...MEMBER_HEADERS, Host: 'x', 'Content-Length': 100 });
    const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    await sendBytes(member.url, `POST /raft HTTP/1.1\r\n${lines}\r\nhalf`);
    await until('it was counted', () => member.observer.receiveFailures === 1);
    expect(member.raft.received).toEqual([]);
  });

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (noise) => {
        expect([204, 400, 403]).toContain((await post('/raft', noise)).status);
      }),
      { numRuns: 100 },
    );
  });
});

describe('GET /raft/stream/KIND/ID', () => {
  it.each([
    ['/raft/stream/foo/1', 'invalid path'],
    ['/raft/stream/', 'invalid path'],
    ['/raft/stream/msgapp', 'invalid path'],
    ['/raft/stream/msgapp/1/2', 'invalid path'],
    ['/raft/stream/msgapp/', 'invalid from'],
    ['/raft/stream/msgapp/xyz', 'invalid from'],
    ['/raft/stream/message/10000000000000000', 'invalid from'],
    ['/raft/stream/msgapp/77', 'error sender not found'],
  ])('%s: %s', async (path, body) => {
    const answer = await get(path, { 'X-Raft-To': '1' });
    expect(answer).toMatchObject({ status: 404, body: `${body}\n` });
    expect(answer.headers).toMatchObject({
      'x-etcd-cluster-id': 'c1a5',
      'x-server-version': '3.7.1',
    });
  });

  it('tells a removed member that it is gone', async () => {
    member.raft.removedMembers.add(sender.id);
    expect(await get(STREAM)).toMatchObject({ status: 410, body: 'removed member\n' });
  });

  it('is not for who wants another member', async () => {
    member.transport.addPeer(sender.id, ['http://127.0.0.1:1']);
    for (const to of ['3', '', 'one']) {
      expect(await get(STREAM, { 'X-Raft-To': to })).toMatchObject({
        status: 412,
        body: 'to field mismatch\n',
      });
    }
  });
});

describe('a sender nobody knows', () => {
  const known = (id: string) =>
    member.log.lines.filter((line) => line === 'info added new remote peer').length > 0 && id;

  it('can be answered if it says where', async () => {
    await get('/raft/stream/msgapp/77', {
      'X-Server-From': '77',
      'X-PeerURLs': 'http://127.0.0.1:1,http://127.0.0.1:2',
    });
    expect(known('77')).toBeTruthy();
  });

  it.each([
    { 'X-Server-From': '77' },
    { 'X-Server-From': 'x', 'X-PeerURLs': 'http://127.0.0.1:1' },
    { 'X-Server-From': '77', 'X-PeerURLs': 'nonsense' },
    { 'X-Server-From': '0', 'X-PeerURLs': 'http://127.0.0.1:1' },
    { 'X-Server-From': hexId(MemberId(1n)), 'X-PeerURLs': 'http://127.0.0.1:1' },
  ])('is not remembered for %j', async (headers) => {
    expect((await post('/raft', message(), headers)).status).toBe(204);
    expect(known('77')).toBe(false);
  });

  it('is one of few: a flood of names leaves no more than 64', async () => {
    for (let i = 0; i < 100; i++) {
      await post('/raft', message(), {
        'X-Server-From': (100 + i).toString(16),
        'X-PeerURLs': 'http://127.0.0.1:1',
      });
    }
    const added = member.log.lines.filter((line) => line === 'info added new remote peer');
    expect(added).toHaveLength(64);
  });
});

describe('GET /raft/probing', () => {
  it('tells the time to everyone', async () => {
    const answer = await ask(`${member.url}/raft/probing`, 'GET', {});
    expect(answer.status).toBe(200);
    const health = JSON.parse(answer.body) as { OK: boolean; Now: string };
    expect(health.OK).toBe(true);
    expect(Math.abs(Date.parse(health.Now) - Date.now())).toBeLessThan(10_000);
  });
});

describe('POST /raft/snapshot', () => {
  const frame = (index = 7) => encodeMessageFrame(toPeerMessage(snapshot(sender, member, index)));

  it('stores the content, then tells raft, then answers', async () => {
    const content = Buffer.alloc(300_000, 'db');
    expect(await post('/raft/snapshot', Buffer.concat([frame(), content]))).toMatchObject({
      status: 204,
    });
    expect(saved).toEqual([content]);
    expect(member.raft.received).toEqual([snapshot(sender, member, 7)]);
    expect(member.observer.lines).toEqual(['snapshot from 2', 'snapshot from 2 received']);
  });

  it.each([
    ['', 'failed to decode raft message (EOF)'],
    ['garbage', 'failed to decode raft message (unexpected EOF)'],
    ['garbagegarbage', 'failed to decode raft message (rafthttp: error limit exceeded)'],
  ])('refuses "%s"', async (body, text) => {
    expect(await post('/raft/snapshot', body)).toMatchObject({ status: 400, body: `${text}\n` });
    expect(member.observer.lines).toEqual(['snapshot from undefined refused']);
  });

  it('refuses a message larger than 64 MiB before it comes', async () => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(2n ** 26n + 1n);
    expect(await post('/raft/snapshot', length)).toMatchObject({
      body: 'failed to decode raft message (rafthttp: error limit exceeded)\n',
    });
  });

  it('refuses a message of another kind', async () => {
    const wire = toPeerMessage(heartbeat(sender, member));
    expect(await post('/raft/snapshot', encodeMessageFrame(wire))).toMatchObject({
      status: 400,
      body: 'wrong raft message type\n',
    });
  });

  it('stores nothing for a removed member or another receiver, however much is sent', async () => {
    const elsewhere = encodeMessageFrame(toPeerMessage(snapshot(sender, someone(9n), 7)));
    const large = Buffer.concat([elsewhere, Buffer.alloc(8_000_000)]);
    expect((await post('/raft/snapshot', large)).status).toBe(403);
    member.raft.removedMembers.add(sender.id);
    expect((await post('/raft/snapshot', Buffer.concat([frame(), large]))).status).toBe(403);
    expect(saved).toEqual([]);
  });

  it('tells nobody of content that was cut short', async () => {
    const head = Object.entries({ ...MEMBER_HEADERS, Host: 'x', 'Content-Length': 1000 });
    const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const start = Buffer.from(`POST /raft/snapshot HTTP/1.1\r\n${lines}\r\n`);
    await sendBytes(member.url, Buffer.concat([start, frame(), Buffer.from('half')]));
    await until('it was noticed', () => member.observer.lines.length === 2);
    expect(member.observer.lines).toEqual(['snapshot from 2', 'snapshot from 2 failed']);
    expect(saved).toEqual([]);
    expect(member.raft.received).toEqual([]);
  });
});
