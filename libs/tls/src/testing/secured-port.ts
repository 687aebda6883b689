import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

import { TlsAcceptor } from '../tls-acceptor.js';
import type { SecureIdentity, TlsAcceptorOptions } from '../tls-acceptor.js';
import type { TlsCredentials } from '../tls-credentials.js';
import { RecordingLogger } from './recording-logger.js';

/** What a client learned of its connection: what was said to it, or nothing if it was refused. */
export interface Visit {
  readonly greeting: string;
  readonly protocol: string | false | null;
  readonly version: string | null;
  readonly resumed: boolean;
}

/** A port with TLS that greets whoever it lets in with the common name it knows them by. */
export class SecuredPort {
  readonly log = new RecordingLogger();
  readonly acceptor: TlsAcceptor;
  readonly #server = createServer({ allowHalfOpen: true }, (socket) =>
    this.acceptor.accept(socket),
  );
  readonly admitted: TLSSocket[] = [];
  /** Whether connections stay open after the greeting. */
  keepsOpen = false;
  readonly #sockets = new Set<Socket>();

  constructor(credentials: TlsCredentials, options: Partial<TlsAcceptorOptions> = {}) {
    const admit = (socket: TLSSocket, { commonName }: SecureIdentity): void => {
      this.admitted.push(socket);
      socket.on('error', () => socket.destroy());
      socket.write(`hello ${commonName ?? 'stranger'}`);
      if (!this.keepsOpen) socket.end();
    };
    this.acceptor = new TlsAcceptor(
      {
        credentials,
        protocols: ['http/1.1', 'h2'],
        rejection: 'rejected connection',
        log: this.log,
        clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
        ...options,
      },
      admit,
    );
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(path?: string): Promise<void> {
    if (path === undefined) this.#server.listen(0, '127.0.0.1');
    else this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepted connections that are still open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Errors of the lines about rejected connections. */
  get rejections(): readonly string[] {
    return this.log.lines
      .filter(({ message }) => message === 'rejected connection')
      .map(({ fields }) => String(fields['error']));
  }

  async visit(options: ConnectionOptions = {}): Promise<Visit> {
    const target = options.path === undefined ? { port: this.port, host: '127.0.0.1' } : {};
    const socket = connect({ rejectUnauthorized: false, ...target, ...options });
    let greeting = '';
    let [protocol, version, resumed]: [Visit['protocol'], string | null, boolean] = [
      null,
      null,
      false,
    ];
    socket.setEncoding('utf8').on('data', (chunk: string) => (greeting += chunk));
    socket.on('secureConnect', () => {
      protocol = socket.alpnProtocol;
      version = socket.getProtocol();
      resumed = socket.isSessionReused();
    });
    socket.on('error', () => undefined);
    await closed(socket);
    return { greeting, protocol, version, resumed };
  }

  async close(): Promise<void> {
    this.acceptor.close();
    for (const socket of [...this.#sockets, ...this.admitted]) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Also when it closes with an error, which the caller has a listener for. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));
