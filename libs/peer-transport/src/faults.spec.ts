import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { ClusterId, MemberId } from '@etcd-ts/foundation';
import { STREAM_QUEUE_BYTES, STREAM_QUEUE_MESSAGES } from './limits.js';
import { hurriedTime } from './testing/hurried-time.js';
import { append, heartbeat, vote } from './testing/messages.js';
import { MEMBER_HEADERS } from './testing/raw-request.js';
import { until } from './testing/real-time.js';
import { acquaint, TestMember } from './testing/test-member.js';
import { cleanups, endWithEachTest, established, start, wired } from './testing/stage.js';

endWithEachTest();

describe('a wire that is cut', () => {
  it('is joined again, and both report that messages may be lost', async () => {
    const { a, b, toA, toB } = await wired();
    for (let round = 0; round < 3; round++) {
      const before = established(a) + established(b);
      toA.cut();
      toB.cut();
      await until('new streams stand', () => established(a) + established(b) >= before + 8);
    }
    expect(a.raft.unreachable).toContain(b.id);
    expect(b.raft.unreachable).toContain(a.id);
    a.transport.send([vote(a, b), append(a, b, 1, Buffer.from('x'))]);
    await until('messages pass', () => b.raft.received.length === 2);
  });

  it('in the middle of messages delivers only whole ones, in order', async () => {
    const { a, b, toA } = await wired();
    let index = 0;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 50; i++) a.transport.send([append(a, b, index++, Buffer.alloc(1000))]);
      if (round % 5 === 4) toA.cut();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until('it stands again', () => b.transport.activeSince(a.id) !== undefined);
    expect(b.raft.received.length).toBeGreaterThan(100);
    for (const message of b.raft.received) {
      if (message.type !== 'appendEntries') throw new Error(message.type);
      expect(message).toEqual(append(a, b, message.previousIndex, Buffer.alloc(1000)));
    }
  });

  it('and stays cut is dialled ten times a second and no more', async () => {
    const { a, toB } = await wired();
    const dials = (): number =>
      a.log.lines.filter((line) => line.includes('failed to dial')).length;
    toB.refuse = true;
    toB.cut();
    const startMs = performance.now();
    await until('it was dialled', () => dials() >= 10);
    const seconds = (performance.now() - startMs) / 1000;
    // Two streams.
    expect(dials() / seconds).toBeLessThan(25);
  });
});

describe('a wire that falls silent', () => {
  it('is given up by who listens after 5 seconds, and dialled anew', async () => {
    const { a, toA, toB } = await wired(hurriedTime(10));
    toA.mute = true;
    toB.mute = true;
    const startMs = performance.now();
    await until('it is noticed', () => a.log.has('on stream Message (i/o timeout)'));
    expect((performance.now() - startMs) * 10).toBeGreaterThan(3_000);
    expect(a.transport.activeSince(MemberId(2n))).toBeUndefined();
    toA.mute = false;
    toB.mute = false;
    await until('it stands again', () => a.transport.activeSince(MemberId(2n)) !== undefined);
  });

  it('stays while nobody has anything to say: both show signs of life', async () => {
    const time = hurriedTime(40);
    const { a, b } = await wired(time);
    const endMs = time.clock.monotonicMs() + 40_000;
    await until('forty seconds have passed', () => time.clock.monotonicMs() > endMs);
    expect(a.log.has('lost')).toBe(false);
    expect(b.log.has('lost')).toBe(false);
  });
});

describe('a peer that takes messages slower than they come', () => {
  it('costs no more than its queue; what finds no room is dropped and reported', async () => {
    const { a, b, toA } = await wired();
    toA.mute = true;
    const data = Buffer.alloc(1_000_000);
    let sent = 0;
    while (a.raft.unreachable.length === 0 && sent < 1000) {
      a.transport.send([append(a, b, sent++, data)]);
    }
    expect(sent * data.length).toBeLessThan(STREAM_QUEUE_BYTES + 10_000_000);
    expect(sent * data.length).toBeGreaterThan(STREAM_QUEUE_BYTES - 1_000_000);
    expect(a.log.has('warn dropped internal Raft message since sending buffer is full')).toBe(true);
    expect(a.observer.sendFailures).toBe(1);
    toA.mute = false;
    await until('the rest arrives', () => b.raft.received.length === sent - 1);
  });

  it('is limited in number too', async () => {
    const { a, b, toA } = await wired();
    toA.mute = true;
    // Fills every buffer of the machine between the two.
    for (let i = 0; i < 30; i++) a.transport.send([heartbeat(a, b, 'x'.repeat(1_000_000))]);
    expect(a.raft.unreachable).toEqual([]);
    let sent = 0;
    while (a.raft.unreachable.length === 0 && sent < 10_000) {
      sent++;
      a.transport.send([heartbeat(a, b)]);
    }
    expect(sent).toBeGreaterThan(STREAM_QUEUE_MESSAGES - 40);
    expect(sent).toBeLessThanOrEqual(STREAM_QUEUE_MESSAGES + 1);
  });

  it('is cut off when it takes nothing for 5 seconds', async () => {
    const a = await start({ id: 1n, ...hurriedTime(10) });
    const b = { id: MemberId(2n) };
    a.transport.addPeer(b.id, ['http://127.0.0.1:1']);
    const socket = connect(Number(new URL(a.url).port), '127.0.0.1').pause();
    cleanups.push(() => Promise.resolve(socket.destroy()));
    const head = Object.entries({ ...MEMBER_HEADERS, Host: 'x', 'X-Raft-To': '1' });
    const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`GET /raft/stream/msgapp/2 HTTP/1.1\r\n${lines}\r\n`);
    await until('it has its stream', () => a.log.has('established'));
    for (let i = 0; i < 30; i++) a.transport.send([append(a, b, i, Buffer.alloc(1_000_000))]);
    expect(a.raft.unreachable).toEqual([]);
    await until('it is cut off', () =>
      a.log.has('failed to write 2 on stream MsgApp v2 (i/o timeout)'),
    );
    expect(a.raft.unreachable).toContain(b.id);
  });
});

describe('a server that is no good peer', () => {
  async function dialled(
    serve: (server: Server) => void,
  ): Promise<{ member: TestMember; url: string }> {
    const server = createServer();
    serve(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const member = await start({ id: 1n, ...hurriedTime(10) });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    member.transport.addPeer(MemberId(2n), [url]);
    return { member, url };
  }

  const answering =
    (status: number, body: string, version = '3.7.1') =>
    (server: Server) =>
      server.on('request', (_, response) => {
        response.writeHead(status, { 'X-Server-Version': version }).end(body);
      });

  it.each([
    [404, '', 'peer 2 failed to find local node 1'],
    [412, 'incompatible version\n', 'incompatible version'],
    [412, 'cluster ID mismatch\n', 'cluster ID mismatch'],
    [412, 'to field mismatch\n', 'unhandled error "to field mismatch" when precondition failed'],
    [500, 'oh\n', 'unhandled http status 500'],
    [412, 'x'.repeat(100_000), 'answer too long'],
  ])('refuses with %d: it is tried again later', async (status, body, reason) => {
    const { member } = await dialled(answering(status, body));
    const line = `failed to dial 2 on stream Message (${reason})`;
    await until('it was tried twice', () => {
      return member.log.lines.filter((candidate) => candidate.includes(line)).length > 1;
    });
    expect(member.raft.removed).toBe(0);
    expect(member.observer.lines).toEqual([]);
  });

  it('without a version gets no stream', async () => {
    const { member } = await dialled(answering(200, '', ''));
    await until('it was tried', () => member.log.has('unsupported stream type'));
    expect(member.observer.lines).toEqual([]);
  });

  it('says 410: this member is removed', async () => {
    const { member } = await dialled(answering(410, ''));
    await until('it is told', () => member.raft.removed === 1);
  });

  it('says 403 to a message: this member is removed, but not if it was misaddressed', async () => {
    const { member } = await dialled((server) =>
      server.on('request', (_, response) =>
        response.writeHead(403).end('{"message":"cannot process message to mismatch member"}'),
      ),
    );
    member.transport.send([vote(member, { id: MemberId(2n) })]);
    await until('it is refused', () => member.raft.unreachable.length === 1);
    expect(member.raft.removed).toBe(0);
    const { member: other } = await dialled(
      answering(403, '{"message":"cannot process message from removed member"}'),
    );
    other.transport.send([vote(other, { id: MemberId(2n) })]);
    await until('it is told', () => other.raft.removed === 1);
  });

  it('streams garbage: nothing of it reaches raft', async () => {
    const { member } = await dialled((server) =>
      server.on('request', (_, response) => {
        response.writeHead(200, { 'X-Server-Version': '3.7.1' });
        response.write('HTTP is not a raft message, whatever it says');
      }),
    );
    await until('it is noticed', () => member.log.has('failed to read 2 on stream MsgApp v2'));
    await until('on both streams', () => member.log.has('failed to read 2 on stream Message'));
    expect(member.raft.received).toEqual([]);
    expect(member.observer.receiveFailures).toBeGreaterThan(1);
  });

  it('never answers: it is given up after the dial time and asked again', async () => {
    const { member } = await dialled((server) => server.on('request', () => undefined));
    await until('it is given up', () => member.log.has('(i/o timeout)'));
  });

  it('of another cluster refuses everything, each in its log', async () => {
    const [a, b] = [await start({ id: 1n }), await start({ id: 2n, clusterId: ClusterId(0xbadn) })];
    acquaint(a, b);
    a.transport.send([vote(a, b)]);
    await until('it is refused', () => a.raft.unreachable.length === 1);
    await until('the streams too', () =>
      a.log.has('warn request sent was ignored by remote peer due to cluster ID mismatch'),
    );
    expect(b.log.has('warn request cluster ID mismatch')).toBe(true);
    expect(b.raft.received).toEqual([]);
  });

  it('of an old version is told so', async () => {
    const [a, b] = [await start({ id: 1n }), await start({ id: 2n, serverVersion: '2.3.8' })];
    acquaint(a, b);
    await until('both know', () =>
      [a, b].every((member) => member.log.has('incompatib') || member.log.has('compatibility')),
    );
    expect(a.log.has('failed to check version compatibility: remote version is too low')).toBe(
      true,
    );
    expect(a.observer.lines).toEqual([]);
  });
});

describe('probing', () => {
  it('tells how far a peer is, and that its clock is off', async () => {
    const time = hurriedTime(40);
    const late = { ...time.clock, wallMs: () => Date.now() - 60_000 };
    const [a, b] = [
      await start({ id: 1n, ...time }),
      await start({ id: 2n, ...time, clock: late }),
    ];
    acquaint(a, b);
    await until('it was probed', () => a.observer.roundTrips.length > 2);
    for (const seconds of a.observer.roundTrips) expect(seconds).toBeGreaterThan(0);
    const drift = a.log.lines.filter((line) => line === 'warn prober found high clock drift');
    expect(drift).toHaveLength(1);
  });

  it('says that a peer does not answer', async () => {
    const a = await start({ id: 1n, ...hurriedTime(40) });
    a.transport.addPeer(MemberId(2n), ['http://127.0.0.1:1']);
    await until('it was noticed', () => a.log.has('warn prober detected unhealthy status'));
  });
});
