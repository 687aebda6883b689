import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A wire between two members that can be cut, or stop taking bytes without a word. */
export class CuttableProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #mute = false;
  #refuse = false;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = new URL(target);
    server.on('connection', (socket) => this.#join(socket));
  }

  static async start(target: string): Promise<CuttableProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CuttableProxy(server, target);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #join(near: Socket): void {
    if (this.#refuse) {
      near.destroy();
      return;
    }
    const far = connect(Number(this.#target.port), this.#target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#mute) from.resume();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#mute) from.pause();
    }
  }

  /** Every connection breaks; new ones are taken again. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Whether new connections are refused. */
  set refuse(refuse: boolean) {
    this.#refuse = refuse;
  }

  /** Whether nothing passes any more, in either direction, while the connections stand. */
  set mute(mute: boolean) {
    this.#mute = mute;
    for (const socket of this.#sockets) {
      if (mute) socket.pause();
      else socket.resume();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
