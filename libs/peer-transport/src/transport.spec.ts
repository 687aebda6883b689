import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemberId } from '@etcd-ts/foundation';
import { append, heartbeat, vote } from './testing/messages.js';
import { until } from './testing/real-time.js';
import { acquaint, TestMember } from './testing/test-member.js';

const members: TestMember[] = [];

async function start(...ids: bigint[]): Promise<TestMember[]> {
  const started = await Promise.all(ids.map((id) => TestMember.start({ id })));
  members.push(...started);
  return started;
}

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.stop()));
});

const streams = (member: TestMember, other: TestMember): boolean =>
  member.log.lines.filter((line) => line.includes('established')).length >= 4 &&
  member.transport.activeSince(other.id) !== undefined;

async function pair(): Promise<[TestMember, TestMember]> {
  const [a, b] = await start(1n, 2n);
  if (a === undefined || b === undefined) throw new Error('not started');
  acquaint(a, b);
  await until('both have their streams', () => streams(a, b) && streams(b, a));
  return [a, b];
}

describe('two members', () => {
  it('find each other and say so in the words of etcd', async () => {
    const [a, b] = await pair();
    expect(a.observer.lines).toEqual(['active 2']);
    for (const line of [
      'info starting remote peer',
      'info started remote peer',
      'info added remote peer',
      'info peer became active',
      'info established TCP streaming connection with remote peer',
    ]) {
      expect(b.log.lines).toContain(line);
    }
  });

  it('exchange what they have to say, in order', async () => {
    const [a, b] = await pair();
    const appends = Array.from({ length: 200 }, (_, i) => append(a, b, i, Buffer.from(`${i}`)));
    a.transport.send([vote(a, b), ...appends.slice(0, 100)]);
    a.transport.send(appends.slice(100));
    await until('all are there', () => b.raft.received.length === 201);
    expect(b.raft.received.filter(({ type }) => type === 'appendEntries')).toEqual(appends);
    expect(b.raft.received.filter(({ type }) => type === 'requestVote')).toEqual([vote(a, b)]);
    expect(a.raft.unreachable).toEqual([]);
    expect(a.observer.sentBytes).toBeGreaterThan(200 * 8);
  });

  it('exchange messages larger than a socket takes at once', async () => {
    const [a, b] = await pair();
    const large = Buffer.alloc(5_000_000, 'x');
    a.transport.send([append(a, b, 1, large), append(a, b, 2, large), append(a, b, 3, large)]);
    await until('all are there', () => b.raft.received.length === 3);
    for (const message of b.raft.received) {
      // Not toEqual, which takes half a minute for this many bytes.
      const [entry] = message.type === 'appendEntries' ? message.entries : [];
      expect(entry !== undefined && large.equals(entry.data)).toBe(true);
    }
  });

  it('can talk before the streams stand, by single requests', async () => {
    const [a, b] = await start(1n, 2n);
    if (a === undefined || b === undefined) throw new Error('not started');
    a.transport.addPeer(b.id, [b.url]);
    a.transport.send([vote(a, b), append(a, b, 3, Buffer.from('e'))]);
    await until('both are there', () => b.raft.received.length === 2);
    expect(b.log.has('added new remote peer')).toBe(true);
    // b does not know a but by its request's header, and can answer it nevertheless.
    b.transport.send([heartbeat(b, a)]);
    await until('the answer is there', () => a.raft.received.length === 1);
  });

  it('notice that the other has gone, report it, and find it again', async () => {
    const [a, b] = await pair();
    const port = Number(new URL(b.url).port);
    await b.stop();
    members.splice(members.indexOf(b), 1);
    await until('its absence is noticed', () => a.observer.lines.includes('lost 2'));
    expect(a.raft.unreachable).toContain(b.id);
    expect(a.transport.activeSince(b.id)).toBeUndefined();
    expect(a.log.has('warn lost TCP streaming connection with remote peer')).toBe(true);
    expect(
      a.log.has('warn peer became inactive (message send to peer failed): failed to dial 2 on'),
    ).toBe(true);
    a.raft.unreachable.length = 0;
    a.transport.send([heartbeat(a, b)]);
    await until('the loss of a message is reported', () => a.raft.unreachable.length > 0);
    const again = await TestMember.start({ id: 2n, port });
    members.push(again);
    acquaint(a, again);
    await until('it is found again', () => a.transport.activeSince(b.id) !== undefined);
    await until('streams stand', () => streams(again, a));
    a.transport.send([append(a, b, 7, Buffer.from('back'))]);
    await until('it is told', () => again.raft.received.some(({ type }) => type !== 'heartbeat'));
  });

  it('follow a member to its new address', async () => {
    const [a, b] = await pair();
    const moved = await TestMember.start({ id: 2n });
    members.push(moved);
    moved.transport.addPeer(a.id, [a.url]);
    await b.stop();
    members.splice(members.indexOf(b), 1);
    a.transport.updatePeer(b.id, [moved.url]);
    await until('it is reached', () => streams(moved, a));
    a.transport.send([vote(a, moved)]);
    await until('it is told', () => moved.raft.received.length === 1);
  });

  it('use the next address of a member when one does not answer', async () => {
    const [a, b] = await start(1n, 2n);
    if (a === undefined || b === undefined) throw new Error('not started');
    b.transport.addPeer(a.id, [a.url]);
    a.transport.addPeer(b.id, ['unix:///nowhere', 'http://127.0.0.1:1', b.url]);
    await until('it is reached', () => streams(a, b));
  });

  it('are silent about what they send to nobody', async () => {
    const [a] = await start(1n);
    a?.transport.send([vote({ id: MemberId(1n) }, { id: MemberId(99n) })]);
    expect(a?.log.lines).toEqual([
      'debug ignored message send request; unknown remote peer target',
    ]);
  });
});

describe('a member that is removed', () => {
  it('learns it from the streams that are refused, once', async () => {
    const [a, b] = await start(1n, 2n);
    if (a === undefined || b === undefined) throw new Error('not started');
    b.raft.removedMembers.add(a.id);
    a.transport.addPeer(b.id, [b.url]);
    await until('it knows', () => a.raft.removed > 0);
    a.transport.send([vote(a, b)]);
    await until('the request failed too', () => a.observer.sendFailures > 0);
    expect(a.raft.removed).toBe(1);
    expect(b.raft.received).toEqual([]);
    expect(b.log.has('rejected stream from remote peer because it was removed')).toBe(true);
  });

  it('is heard no more over a stream that still stands', async () => {
    const [a, b] = await pair();
    b.raft.removedMembers.add(a.id);
    a.transport.send([vote(a, b)]);
    await until('it is refused', () => b.observer.receiveFailures === 1);
    expect(b.raft.received).toEqual([]);
  });

  it('still gets what was sent to it just before: that it is removed, above all', async () => {
    const [a, b] = await pair();
    a.transport.send([append(a, b, 1, Buffer.alloc(1_000_000)), vote(a, b)]);
    a.transport.removePeer(b.id);
    await until('all is there', () => b.raft.received.length === 2);
  });

  it('is no longer dialled nor reported on', async () => {
    const [a, b] = await pair();
    a.transport.removePeer(b.id);
    expect(a.observer.lines).toEqual(['active 2', 'inactive 2']);
    a.transport.send([vote(a, b)]);
    await until('b sees the streams go', () => b.raft.unreachable.length >= 2);
    expect(a.raft.unreachable).toEqual([]);
    expect(b.raft.received).toEqual([]);
  });
});

const OPENSSL = spawnSync('openssl', ['version']).status === 0;

describe('members with https URLs', () => {
  (OPENSSL ? it : it.skip)('talk over TLS, and with nobody they do not trust', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'peer-tls-'));
    const files = ['-keyout', `${directory}/key`, '-out', `${directory}/cert`];
    const subject = ['-subj', '/CN=peer', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', [...made, ...files, ...subject], { stdio: 'ignore' });
    const certificate = {
      key: readFileSync(`${directory}/key`, 'utf8'),
      cert: readFileSync(`${directory}/cert`, 'utf8'),
    };
    rmSync(directory, { recursive: true });
    const a = await TestMember.start({ id: 1n, certificate });
    const b = await TestMember.start({ id: 2n, certificate });
    const stranger = await TestMember.start({ id: 3n });
    members.push(a, b, stranger);
    acquaint(a, b);
    await until('both have their streams', () => streams(a, b) && streams(b, a));
    a.transport.send([vote(a, b), append(a, b, 1, Buffer.alloc(1_000_000))]);
    await until('all is there', () => b.raft.received.length === 2);
    stranger.transport.addPeer(b.id, [b.url]);
    await until('it is refused', () => stranger.log.has('self-signed certificate'));
    stranger.transport.send([vote(stranger, b)]);
    await until('its message too', () => stranger.raft.unreachable.length === 1);
    expect(b.raft.received).toHaveLength(2);
  });
});

describe('three members', () => {
  it('talk each with each', async () => {
    const [a, b, c] = await start(1n, 2n, 3n);
    if (a === undefined || b === undefined || c === undefined) throw new Error('not started');
    acquaint(a, b, c);
    const all = [a, b, c];
    await until('all are connected', () =>
      all.every((member) =>
        all.every((other) => other === member || member.transport.activeSince(other.id)),
      ),
    );
    for (const from of all) {
      from.transport.send(all.filter((to) => to !== from).map((to) => vote(from, to)));
    }
    await until('all have heard', () => all.every(({ raft }) => raft.received.length === 2));
  });
});
