import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { decode, encode } from 'dns-packet';
import type { Answer, Packet } from 'dns-packet';
import { framed, unframed } from '../exchange.js';
import type { Nameserver } from '../nameserver.js';

export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly overTcp: boolean;
}

/** Packets to send back, in order; a packet may be nonsense. */
export type Behaviour = (asked: Asked) => readonly Buffer[];

/** A nameserver that answers as a test wants it to, over UDP and TCP. */
export class OddServer {
  readonly asked: Asked[] = [];
  behaviour: Behaviour;
  readonly #udp = createSocket('udp4');
  readonly #connections = new Set<Socket>();
  readonly #tcp = createServer((socket) => this.#serve(socket));

  static async start(behaviour: Behaviour): Promise<OddServer> {
    const server = new OddServer(behaviour);
    await new Promise<void>((resolve) => server.#tcp.listen(0, '127.0.0.1', resolve));
    const { port } = server.address;
    try {
      await new Promise<void>((resolve, reject) => {
        server.#udp.once('error', reject);
        server.#udp.bind(port, '127.0.0.1', resolve);
      });
    } catch {
      // The port that the kernel chose for the one is taken for the other.
      server.#tcp.close();
      return OddServer.start(behaviour);
    }
    return server;
  }

  private constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
    this.#udp.on('message', (bytes, { port, address }) => {
      for (const packet of this.#answer(bytes, false)) this.#udp.send(packet, port, address);
    });
  }

  get address(): Nameserver {
    return { host: '127.0.0.1', port: (this.#tcp.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    await new Promise<void>((resolve) => this.#udp.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const packet = unframed(received);
      if (packet !== undefined) {
        for (const answer of this.#answer(packet, true)) socket.write(framed(answer));
        socket.end();
      }
    });
  }

  #answer(bytes: Buffer, overTcp: boolean): readonly Buffer[] {
    const { id = 0, questions = [] } = decode(bytes);
    const [question] = questions;
    const asked = { id, name: question?.name ?? '', type: question?.type ?? '', overTcp };
    this.asked.push(asked);
    return this.behaviour(asked);
  }
}

/** A proper response to what was asked. */
export function response(asked: Asked, answers: Answer[], rest: Partial<Packet> = {}): Buffer {
  const { id, name } = asked;
  const type = asked.type as 'SRV';
  return encode({ type: 'response', id, questions: [{ name, type }], answers, ...rest });
}

export const srv = (name: string, target: string, port: number, ttl = 60): Answer => ({
  type: 'SRV',
  name,
  ttl,
  data: { target, port, priority: 0, weight: 0 },
});

export const alias = (name: string, target: string, ttl = 60): Answer => ({
  type: 'CNAME',
  name,
  ttl,
  data: target,
});

export const address = (name: string, data: string, ttl = 60): Answer => ({
  type: data.includes(':') ? 'AAAA' : 'A',
  name,
  ttl,
  data,
});
