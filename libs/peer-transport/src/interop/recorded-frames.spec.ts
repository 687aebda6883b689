import { MemberId } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { decodePeerMessage, encodePeerMessage } from '@etcd-ts/wire-protocol';
import type { StreamKind } from '../codec/frame-codec.js';
import { createDecoder, createEncoder } from '../codec/frame-codec.js';
import { fromPeerMessage, toPeerMessage } from '../codec/message-mapping.js';
import { eventually, freePort, Original, ORIGINAL_INSTALLED } from './original.js';
import type { Recorded } from './recording-proxy.js';
import { RecordingProxy } from './recording-proxy.js';

/** What the original writes before a frame to show that it lives; the two kinds differ in both. */
function withoutHeartbeats(kind: StreamKind, bytes: Buffer): Buffer {
  let start = 0;
  if (kind === 'msgapp') {
    while (bytes[start] === 0) start++;
    return bytes.subarray(start);
  }
  for (;;) {
    const length = Number(bytes.readBigUInt64BE(start));
    if (start + 8 + length === bytes.length) return bytes.subarray(start);
    start += 8 + length;
  }
}

interface Frame {
  readonly message: RaftPeerMessage;
  readonly bytes: Buffer;
}

/** Fed byte by byte, so that each message is known to end where it does. */
function framesOf(kind: StreamKind, stream: Buffer, local: MemberId, remote: MemberId): Frame[] {
  const decoder = createDecoder(kind, local, remote);
  const frames: Frame[] = [];
  let start = 0;
  for (let end = 1; end <= stream.length; end++) {
    decoder.decode(stream.subarray(end - 1, end), (message) => {
      frames.push({ message, bytes: withoutHeartbeats(kind, stream.subarray(start, end)) });
      start = end;
    });
  }
  return frames;
}

/** The original writes the field `vote`, the last one, from 3.6 on; 3.4 does not have it. */
function withoutVote(message: Uint8Array): Buffer {
  expect(Buffer.from(message.subarray(-2)).toString('hex')).toBe('6800');
  return Buffer.from(message.subarray(0, -2));
}

/** As 3.4 would have written this frame of ours. */
function as34(kind: StreamKind, frame: Buffer): Buffer {
  if (kind === 'msgapp' && frame[0] === 1) return frame;
  const head = Buffer.from(frame.subarray(0, kind === 'msgapp' ? 9 : 8));
  const body = withoutVote(frame.subarray(head.length));
  head.writeBigUInt64BE(BigInt(body.length), head.length - 8);
  return Buffer.concat([head, body]);
}

const isEmptySnapshot = ({ snapshot }: RaftPeerMessage): boolean => snapshot?.metadata.index === 0;

/** The original up to 3.5 writes an empty snapshot into every message. */
const meaningful = (message: RaftPeerMessage): RaftPeerMessage =>
  isEmptySnapshot(message) ? { ...message, snapshot: undefined } : message;

(ORIGINAL_INSTALLED ? describe : describe.skip)('what members of etcd 3.4 say', () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  const exchanges: Recorded[] = [];
  /** By the hexadecimal digits in paths. */
  const ids: MemberId[] = [];

  beforeAll(async () => {
    const ports = await Promise.all(Array.from({ length: 9 }, freePort));
    const urlAt = (index: number): string => `http://127.0.0.1:${ports[index] ?? 0}`;
    const initialCluster = [0, 1, 2].map((i) => `n${i}=${urlAt(i)}`).join(',');
    const members: Original[] = [];
    const proxies: RecordingProxy[] = [];
    for (const i of [0, 1, 2]) {
      const proxy = await RecordingProxy.start(ports[i] ?? 0, urlAt(i + 3));
      proxies.push(proxy);
      members.push(
        new Original({
          name: `n${i}`,
          advertised: urlAt(i),
          peerPort: ports[i + 3] ?? 0,
          clientPort: ports[i + 6] ?? 0,
          initialCluster,
        }),
      );
    }
    cleanups.push(...members.map((member) => () => member.dispose()));
    cleanups.push(...proxies.map((proxy) => () => proxy.stop()));
    const [n0, n1, n2] = members;
    if (n0 === undefined || n1 === undefined || n2 === undefined) throw new Error('not started');
    const named = await eventually('n0 names its members', () => n0.identify());
    ids.push(...[0, 1, 2].map((i) => MemberId(named.members.get(urlAt(i)) ?? 0n)));
    await eventually('it serves', () => n1.put('first', 'value'));
    for (let i = 0; i < 60; i++) {
      // Each a follower once: proposals and reads are forwarded, and batches gather.
      await Promise.all(members.map((member) => member.put(`key-${i}`, 'v'.repeat(i * 20))));
    }
    await Promise.all(members.map((member) => member.get('first')));
    // Another leader, so that terms change within the streams of the two that stay.
    await n0.kill();
    await eventually('the others go on', () => n1.put('last', 'value'));
    await n2.put('very last', 'value');
    exchanges.push(...proxies.flatMap((proxy) => proxy.exchanges));
  });
  afterAll(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  function streams(kind: StreamKind): { frames: Frame[]; raw: Buffer }[] {
    const prefix = `/raft/stream/${kind}/`;
    return exchanges
      .filter(({ path }) => path.startsWith(prefix))
      .map(({ path, response }) => {
        const raw = Buffer.concat(response);
        const dialler = MemberId(BigInt(`0x${path.slice(prefix.length)}`));
        // Whose stream it is does not matter to the bytes.
        const [remote = dialler] = ids.filter((id) => id !== dialler);
        return { raw, frames: framesOf(kind, raw, dialler, remote) };
      });
  }

  it('in appends is read, and written again byte for byte', () => {
    let frames = 0;
    let continuations = 0;
    for (const stream of streams('msgapp')) {
      const encoder = createEncoder('msgapp');
      for (const { message, bytes } of stream.frames) {
        expect(as34('msgapp', encoder.encode(message)).toString('hex')).toBe(bytes.toString('hex'));
        frames++;
        if (bytes[0] === 1) continuations++;
      }
    }
    expect(frames).toBeGreaterThan(100);
    expect(continuations).toBeGreaterThan(50);
  });

  it('in everything else is read, and written again byte for byte', () => {
    const types = new Set<number>();
    for (const stream of streams('message')) {
      const encoder = createEncoder('message');
      for (const { message, bytes } of stream.frames) {
        expect(as34('message', encoder.encode(message)).toString('hex')).toBe(
          bytes.toString('hex'),
        );
        types.add(message.type);
      }
    }
    // Proposals, append responses, votes and their responses, heartbeats and theirs, reads and theirs.
    expect([...types]).toEqual(expect.arrayContaining([2, 4, 8, 9, 15, 16]));
  });

  it('in single requests is read, and written again byte for byte', () => {
    const posts = exchanges.filter(({ path, request }) => path === '/raft' && request.length > 0);
    for (const { request } of posts) {
      const bytes = Buffer.concat(request);
      expect(withoutVote(encodePeerMessage(decodePeerMessage(bytes)))).toEqual(bytes);
    }
  });

  it('has for raft exactly the meaning that this house gives it', () => {
    const messages = [...streams('msgapp'), ...streams('message')].flatMap(({ frames }) => frames);
    for (const { message } of messages) {
      const meaning = fromPeerMessage(message);
      expect(meaning && toPeerMessage(meaning)).toEqual(meaningful(message));
    }
  });
});
