import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { encode, RECURSION_DESIRED } from 'dns-packet';
import type { Scheduler } from '@etcd-ts/foundation';
import type { Query, ServerAnswer } from './answer.js';
import { readAnswer } from './answer.js';
import type { Nameserver } from './nameserver.js';

/** Packets that are none of ours, per question: more of them is somebody's attempt to guess. */
const MAX_FOREIGN_PACKETS = 100;
const LENGTH_PREFIX_BYTES = 2;

export type ExchangeAnswer =
  ServerAnswer | { readonly kind: 'unreachable'; readonly reason: string };

export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly scheduler: Scheduler;
}

const questionOf = ({ id, name, type }: Query): Buffer =>
  encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ type, name }] });

/**
 * One question over UDP. The socket is connected, so that the kernel keeps away what others send,
 * and every question has a port of its own, which is half of what a forger would have to guess.
 */
export function askOverUdp(
  query: Query,
  { host, port }: Nameserver,
  { timeoutMs, scheduler }: ExchangeOptions,
): Promise<ExchangeAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let isDone = false;
    let foreign = 0;
    const finish = (answer: ExchangeAnswer): void => {
      if (isDone) return;
      isDone = true;
      cancelTimer();
      socket.close();
      resolve(answer);
    };
    const cancelTimer = scheduler.after(timeoutMs, () =>
      finish({ kind: 'unreachable', reason: 'i/o timeout' }),
    );
    const fail = (error: Error): void => finish({ kind: 'unreachable', reason: error.message });
    socket.on('error', fail);
    socket.on('message', (bytes) => {
      const answer = readAnswer(query, bytes);
      if (answer.kind !== 'foreign') return finish(answer);
      if (++foreign >= MAX_FOREIGN_PACKETS) finish(answer);
    });
    socket.connect(port, host, () => {
      if (isDone) return;
      socket.send(questionOf(query), (error) => {
        if (error) fail(error);
      });
    });
  });
}

/** The same over TCP, for answers that are too long for a packet. */
export function askOverTcp(
  query: Query,
  { host, port }: Nameserver,
  { timeoutMs, scheduler }: ExchangeOptions,
): Promise<ExchangeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    const finish = (answer: ExchangeAnswer): void => {
      cancelTimer();
      socket.destroy();
      resolve(answer);
    };
    const fail = (reason: string): void => finish({ kind: 'unreachable', reason });
    const cancelTimer = scheduler.after(timeoutMs, () => fail('i/o timeout'));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('connection closed without an answer'));
    socket.on('connect', () => socket.write(framed(questionOf(query))));
    socket.on('data', (chunk: Buffer) => {
      // At most 65,537 bytes: the length is a 16-bit number, and the first answer ends it.
      received = Buffer.concat([received, chunk]);
      const packet = unframed(received);
      if (packet !== undefined) finish(readAnswer(query, packet));
    });
  });
}

/** RFC 1035 section 4.2.2: over TCP a message has its length before it. */
export function framed(packet: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_PREFIX_BYTES);
  length.writeUInt16BE(packet.length);
  return Buffer.concat([length, packet]);
}

/** The first message, once it is complete. */
export function unframed(bytes: Buffer): Buffer | undefined {
  if (bytes.length < LENGTH_PREFIX_BYTES) return undefined;
  const end = LENGTH_PREFIX_BYTES + bytes.readUInt16BE(0);
  return bytes.length < end ? undefined : bytes.subarray(LENGTH_PREFIX_BYTES, end);
}
