import type { IncomingMessage, Server } from 'node:http';
import { createServer, request } from 'node:http';

export interface Recorded {
  readonly path: string;
  readonly request: Buffer[];
  readonly response: Buffer[];
}

/** Stands in front of a member's peer URL and keeps all that goes through it. */
export class RecordingProxy {
  readonly exchanges: Recorded[] = [];
  readonly #server: Server;

  private constructor(server: Server, target: string) {
    this.#server = server;
    server.on('request', (incoming, outgoing) => {
      const recorded: Recorded = { path: incoming.url ?? '', request: [], response: [] };
      this.exchanges.push(recorded);
      const { method, headers } = incoming;
      const forward = request(target + recorded.path, { method, headers, agent: false });
      record(incoming, recorded.request);
      incoming.pipe(forward);
      forward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => forward.destroy());
      forward.on('response', (response) => {
        outgoing.writeHead(response.statusCode ?? 0, response.headers);
        outgoing.flushHeaders();
        record(response, recorded.response);
        response.on('error', () => outgoing.destroy());
        response.pipe(outgoing);
      });
    });
  }

  static async start(port: number, target: string): Promise<RecordingProxy> {
    const server = createServer({ requestTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new RecordingProxy(server, target);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function record(stream: IncomingMessage, into: Buffer[]): void {
  stream.on('data', (chunk: Buffer) => into.push(chunk));
  stream.on('error', () => undefined);
}
