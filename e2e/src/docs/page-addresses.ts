import { freePort } from '@etcd-ts/testkit';

/** Those of pages, which may be somebody else's on this machine: 2379 and the like, and 8087. */
const PORTS = /\b(?:[1-4]?23[78]\d|2379[01]|8087)\b/gu;
const HOSTS = /\b10\.0\.0\.(\d+)\b/gu;

/** Where the hosts and ports of a page are on this machine: on its loopback network. */
export class PageAddresses {
  /** Of this process, so that those who read other pages meanwhile have others. */
  readonly #network = `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}`;
  readonly #ports = new Map<string, number>();

  async onThisMachine(text: string): Promise<string> {
    for (const [name] of text.matchAll(PORTS)) {
      if (!this.#ports.has(name)) this.#ports.set(name, await freePort());
    }
    return text
      .replaceAll(PORTS, (name) => String(this.#ports.get(name)))
      .replaceAll(HOSTS, `${this.#network}.$1`);
  }

  ofThePage(output: string): string {
    let text = output.replaceAll(`${this.#network}.`, '10.0.0.');
    for (const [name, port] of this.#ports) text = text.replaceAll(String(port), name);
    return text;
  }
}
