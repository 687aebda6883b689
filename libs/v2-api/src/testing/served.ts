import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { V2Face } from '../v2-face.js';
import { MemoryServer, PLAIN_PASSWORDS } from './memory-server.js';

export interface ServedReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AskOptions {
  readonly form?: Readonly<Record<string, string>> | string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly user?: string;
}

const NOW_NS = 1_700_000_000_000_000_000n;

/** The v2 face of a member in memory, behind a real socket. */
export class Served {
  readonly server: MemoryServer;
  readonly stopping: AbortController;
  readonly #http: Server;
  readonly #port: number;

  static async start(): Promise<Served> {
    const server = new MemoryServer(() => NOW_NS);
    const stopping = new AbortController();
    const face = new V2Face({
      server,
      passwords: PLAIN_PASSWORDS,
      logger: SILENT_LOGGER,
      certificateUser: () => undefined,
      stopping: stopping.signal,
    });
    const http = createServer((request, response) => face.handle(request, response));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new Served(server, stopping, http);
  }

  private constructor(server: MemoryServer, stopping: AbortController, http: Server) {
    this.server = server;
    this.stopping = stopping;
    this.#http = http;
    this.#port = (http.address() as AddressInfo).port;
  }

  async ask(method: string, path: string, options: AskOptions = {}): Promise<ServedReply> {
    const { form, json, user } = options;
    const headers: Record<string, string> = { ...options.headers };
    if (user !== undefined)
      headers['Authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
    if (form !== undefined) headers['Content-Type'] ??= 'application/x-www-form-urlencoded';
    if (json !== undefined) headers['Content-Type'] ??= 'application/json';
    const text = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const body = json === undefined ? text : JSON.stringify(json);
    if (body !== '') headers['Content-Length'] = String(Buffer.byteLength(body));
    const lines = Object.entries({ Host: 'a', Connection: 'close', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const bytes = await this.send(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    return replyOf(bytes);
  }

  /** What comes back for these bytes until the server ends the connection. */
  send(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = this.open();
      let received = '';
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => (received += chunk));
      socket.on('end', () => resolve(received));
      socket.on('error', reject);
      socket.write(bytes);
    });
  }

  open(): Socket {
    return connect(this.#port, '127.0.0.1');
  }

  /** A request whose answer does not end: its text so far, and a wait for more of it. */
  async poll(path: string): Promise<Poll> {
    const socket = this.open();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const poll = new Poll(socket);
    await poll.until((text) => text.includes('\r\n\r\n'));
    return poll;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }
}

export class Poll {
  text = '';
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (this.text += chunk));
  }

  get events(): string[] {
    return this.text
      .split('\r\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => line.trim());
  }

  until(condition: (text: string) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!condition(this.text)) return;
        this.#socket.off('data', check);
        resolve();
      };
      this.#socket.on('data', check);
      this.#socket.once('close', () => reject(new Error(`ended after: ${this.text}`)));
      check();
    });
  }

  leave(): void {
    this.#socket.destroy();
  }
}

function replyOf(bytes: string): ServedReply {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    status: Number(first.split(' ')[1]),
    headers,
    body: unchunked(headers, bytes.slice(end + 4)),
  };
}

function unchunked(headers: Readonly<Record<string, string>>, body: string): string {
  if (headers['transfer-encoding'] !== 'chunked') return body;
  // The tests' chunks are single lines of text.
  return body
    .split('\r\n')
    .filter((_, at) => at % 2 === 1)
    .join('');
}
