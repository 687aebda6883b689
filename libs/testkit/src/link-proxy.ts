import { connect, createServer, type Server, type Socket } from 'node:net';

import { LinkPump } from './link-pump.js';
import type { PeerLinks } from './peer-links.js';

export interface LinkProxySetup {
  /** The member the proxy stands before. */
  readonly target: string;
  readonly targetPort: number;
  /** Where the others are told to find that member. */
  readonly port: number;
  readonly links: PeerLinks;
  /** Who dialled; a stranger's connection passes untouched. */
  readonly identify: (socket: Socket) => string | undefined;
}

const STRANGER = '(stranger)';

/** Stands before the peer port of one member, so that the links to and from it can be cut. */
export class LinkProxy {
  readonly #setup: LinkProxySetup;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(setup: LinkProxySetup): Promise<LinkProxy> {
    const proxy = new LinkProxy(setup);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(setup.port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  private constructor(setup: LinkProxySetup) {
    this.#setup = setup;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
      this.#join(socket),
    );
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket): void {
    const { links, target, targetPort } = this.#setup;
    near.on('error', () => undefined);
    const source = this.#setup.identify(near) ?? STRANGER;
    const isSevered = (from: string, to: string): boolean =>
      links.state(from, to).kind === 'severed';
    if (isSevered(source, target) || isSevered(target, source)) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    }
    new LinkPump(links, source, target, near, far);
    new LinkPump(links, target, source, far, near);
  }
}
