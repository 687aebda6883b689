import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { decode, RECURSION_DESIRED } from 'dns-packet';
import { framed, unframed } from './exchange.js';
import type { Nameserver } from './nameserver.js';
import type { IncomingQuery, Zone } from './zone.js';
import { answerFrom } from './zone.js';

/** RFC 1035 section 4.2.1: what every resolver takes over UDP. */
const MAX_UDP_BYTES = 512;
const MAX_TCP_BYTES = 65_535;
/** Connections at a time: resolvers come over TCP for long answers only, and do not stay. */
const MAX_TCP_CONNECTIONS = 200;
const TCP_IDLE_MS = 10_000;
/** A header and no more: shorter packets are no questions. */
const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x80;

export interface DnsServerOptions {
  readonly address: Nameserver;
  /** What is true now; asked for every question. Undefined: that is not known yet. */
  readonly zone: () => Zone | undefined;
  readonly onQuery?: (type: string) => void;
}

/** Answers questions about one zone over UDP and TCP, and refuses all others. */
export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();

  static async start(options: DnsServerOptions): Promise<DnsServer> {
    const server = new DnsServer(options);
    try {
      await server.#listen();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(options: DnsServerOptions) {
    this.#options = options;
    this.#udp = createSocket(isIPv6(options.address.host) ? 'udp6' : 'udp4');
    this.#udp.on('message', (bytes, { port, address }) => {
      const answer = this.#answer(bytes, MAX_UDP_BYTES);
      // Whoever does not hear us asks again: there is nothing to do about an error.
      if (answer !== undefined) this.#udp.send(answer, port, address, () => undefined);
    });
    this.#tcp = createServer((socket) => this.#serve(socket));
    this.#tcp.maxConnections = MAX_TCP_CONNECTIONS;
  }

  get port(): number {
    return this.#udp.address().port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    await new Promise<void>((resolve) => {
      this.#udp.once('close', resolve);
      this.#udp.close();
    });
  }

  /** TCP first: a port that the kernel chose there is seldom taken for UDP. */
  async #listen(): Promise<void> {
    const { host, port } = this.#options.address;
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen({ host, port }, () => {
        this.#tcp.removeListener('error', reject);
        resolve();
      });
    });
    const { port: chosen } = this.#tcp.address() as AddressInfo;
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject);
      this.#udp.bind(chosen, host, () => {
        this.#udp.removeListener('error', reject);
        // A packet that could not be delivered to somebody is no reason to stop.
        this.#udp.on('error', () => undefined);
        resolve();
      });
    });
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let received = Buffer.alloc(0);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let packet = unframed(received); packet !== undefined; packet = unframed(received)) {
        received = received.subarray(packet.length + 2);
        const answer = this.#answer(packet, MAX_TCP_BYTES);
        // Who does not read what it asked for gets no more.
        if (answer === undefined || !socket.write(framed(answer))) return void socket.end();
      }
    });
  }

  #answer(bytes: Buffer, maxBytes: number): Buffer | undefined {
    const query = readQuery(bytes);
    if (query === undefined) return undefined;
    this.#options.onQuery?.(query.question?.type ?? 'malformed');
    return answerFrom(this.#options.zone(), query, maxBytes);
  }
}

/** Undefined for what must not be answered at all: answering answers would never end. */
export function readQuery(bytes: Buffer): IncomingQuery | undefined {
  if (bytes.length < HEADER_BYTES || ((bytes[2] ?? 0) & RESPONSE_BIT) !== 0) return undefined;
  const id = bytes.readUInt16BE(0);
  const wantsRecursion = (bytes.readUInt16BE(2) & RECURSION_DESIRED) !== 0;
  try {
    const { questions = [] } = decode(bytes);
    const [question] = questions;
    const isOne = question !== undefined && questions.length === 1;
    const isReadable = isOne && canBeRepeated(question.name);
    return { id, wantsRecursion, question: isReadable ? question : undefined };
  } catch {
    return { id, wantsRecursion, question: undefined };
  }
}

/**
 * An answer repeats its question, and the codec knows a name as text: bytes that are no ASCII grow
 * on the way, a dot within a label parts it, and a label without anything would end the name.
 */
function canBeRepeated(name: string): boolean {
  return name === '.' || /^(?:[^.\u0080-\u{10ffff}]{1,63}(?:\.|$))+$/u.test(name);
}
