import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Entry {
  readonly id: string;
  readonly value: string;
  readonly index: number;
}

type Override = (request: IncomingMessage, response: ServerResponse) => void;

/** A directory of the v2 keys API on a port of its own, that answers as a test says when it says. */
export class KeysDirectory {
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  size: string | undefined;
  readonly #entries: Entry[] = [];
  readonly #overrides: { pattern: RegExp; answer: Override }[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #server: Server;
  #index = 10;

  static async open(size: string | undefined): Promise<KeysDirectory> {
    const directory = new KeysDirectory(size);
    await new Promise<void>((resolve) => directory.#server.listen(0, '127.0.0.1', resolve));
    return directory;
  }

  private constructor(size: string | undefined) {
    this.size = size;
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => this.#answer(request, response, body));
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/token`;
  }

  get values(): readonly string[] {
    return this.#entries.map(({ value }) => value);
  }

  /** The next request `METHOD path?query` that matches is answered otherwise. */
  once(pattern: RegExp, answer: Override): void {
    this.#overrides.push({ pattern, answer });
  }

  register(id: string, value: string): Entry {
    const entry = { id, value, index: ++this.#index };
    this.#entries.push(entry);
    for (const wake of [...this.#waiting]) wake();
    return entry;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    this.headers.push(request.headers);
    const position = this.#overrides.findIndex(({ pattern }) => pattern.test(line));
    const [override] = position < 0 ? [] : this.#overrides.splice(position, 1);
    if (override !== undefined) return override.answer(request, response);
    const url = new URL(request.url ?? '/', this.origin);
    const member = /^\/token\/([^/]+)$/u.exec(url.pathname)?.[1];
    if (request.method === 'PUT' && member !== undefined) {
      return this.#put(response, member, new URLSearchParams(body).get('value') ?? '');
    }
    if (url.pathname === '/token/_config/size') return this.#sizeOf(response);
    if (url.searchParams.get('wait') === 'true') {
      return this.#wait(response, member, Number(url.searchParams.get('waitIndex')));
    }
    const nodes = this.#entries.map(nodeOf);
    if (member === undefined) return this.#send(response, 200, { node: { key: '/token', nodes } });
    const entry = this.#entries.find(({ id }) => id === member);
    if (entry === undefined) return this.#send(response, 404, refusal(100));
    this.#send(response, 200, { node: nodeOf(entry) });
  }

  #sizeOf(response: ServerResponse): void {
    if (this.size === undefined) return this.#send(response, 404, refusal(100));
    this.#send(response, 200, { node: { key: '/token/_config/size', value: this.size } });
  }

  #put(response: ServerResponse, id: string, value: string): void {
    if (this.#entries.some((entry) => entry.id === id)) {
      return this.#send(response, 412, refusal(105));
    }
    const entry = this.register(id, value);
    this.#send(response, 201, { node: nodeOf(entry) });
  }

  #wait(response: ServerResponse, member: string | undefined, waitIndex: number): void {
    const look = (): void => {
      const entry = this.#entries.find(
        ({ id, index }) => index >= waitIndex && (member === undefined || member === id),
      );
      if (entry === undefined) return;
      this.#waiting.delete(look);
      this.#send(response, 200, { node: nodeOf(entry) });
    };
    this.#waiting.add(look);
    look();
  }

  #send(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'x-etcd-index': String(this.#index) });
    response.end(JSON.stringify(body));
  }
}

const nodeOf = ({ id, value, index }: Entry) => ({
  key: `/token/${id}`,
  value,
  createdIndex: index,
  modifiedIndex: index,
});

const refusal = (errorCode: number) => ({
  errorCode,
  message: 'refused',
  cause: '/token',
  index: 1,
});
