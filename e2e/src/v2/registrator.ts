import { Agent } from 'node:http';

import { pause } from '@etcd-ts/testkit';

import { ask, type HttpAnswer, type HttpRequest } from './http-request.js';
import type { Registration } from './service.js';

/**
 * What gliderlabs/registrator says with an `etcd://host/services` backend, through the client
 * library it uses: a look at /version, the list of members before each step, PUT with value and TTL
 * to register and to refresh, DELETE to stop, all on connections that are kept; after a failure the
 * next machine of the list is asked.
 */
export class Registrator {
  readonly #prefix: string;
  readonly #ttlSeconds: number;
  readonly #agent = new Agent({ keepAlive: true });
  #machines: readonly string[];

  /** `seed`: the host:port it was started with. */
  constructor(seed: string, prefix: string, ttlSeconds: number) {
    this.#machines = [seed];
    this.#prefix = prefix;
    this.#ttlSeconds = ttlSeconds;
  }

  /** The answer decides which of two libraries it takes; a body with "0.4" in it means the older. */
  async connect(): Promise<void> {
    const { status, body } = await this.#send({ ...GET, target: '/version' });
    if (status !== 200 || /0\.4\.*/u.test(body))
      throw new Error(`taken for an old server: ${body}`);
  }

  async register(name: string, id: string, address: string): Promise<void> {
    await this.#syncCluster();
    const body = `ttl=${this.#ttlSeconds}&value=${encodeURIComponent(address)}`;
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const { status } = await this.#send({
      method: 'PUT',
      target: this.#target(name, id),
      headers,
      body,
    });
    if (status !== 200 && status !== 201) throw new Error(`registration answered with ${status}`);
  }

  async deregister(name: string, id: string): Promise<void> {
    await this.#syncCluster();
    const target = `${this.#target(name, id)}?dir=false&recursive=false`;
    const { status } = await this.#send({ ...GET, method: 'DELETE', target });
    if (status !== 200) throw new Error(`deregistration answered with ${status}`);
  }

  registration(name: string, id: string, address: string): Registration {
    return {
      connect: () => this.connect(),
      register: () => this.register(name, id, address),
      deregister: () => this.deregister(name, id),
      close: () => this.close(),
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #syncCluster(): Promise<void> {
    const { body } = await this.#send({ ...GET, target: '/v2/members' });
    const { members } = JSON.parse(body) as {
      members: readonly { clientURLs: readonly string[] }[];
    };
    const known = members.flatMap(({ clientURLs }) => clientURLs.map((url) => new URL(url).host));
    // The one that answered stays the first choice.
    const [current = ''] = this.#machines;
    this.#machines = [current, ...known.filter((machine) => machine !== current)];
  }

  #target(name: string, id: string): string {
    return `/v2/keys${this.#prefix}/${name}/${encodeURIComponent(id)}`;
  }

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    for (let attempt = 0; attempt < 2 * this.#machines.length; attempt++) {
      const [machine = '', ...others] = this.#machines;
      const answer = await ask(machine, request, this.#agent).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) return answer;
      this.#machines = [...others, machine];
    }
    throw new Error(`no machine answered ${request.method} ${request.target}`);
  }
}

const GET: HttpRequest = { method: 'GET', target: '/', headers: {}, body: '' };

const RECONNECT_MS = 100;

export interface SeenChange {
  readonly action: string;
  readonly key: string;
  readonly index: number;
}

/** Follows a directory as SkyDNS and confd do: one long poll after the other, each from the next index. */
export class ServiceWatcher {
  readonly changes: SeenChange[] = [];
  readonly #endpoint: string;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(endpoint: string, directory: string, fromIndex: number) {
    this.#endpoint = endpoint;
    this.#done = this.#follow(directory, fromIndex);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #follow(directory: string, fromIndex: number): Promise<void> {
    for (let next = fromIndex; !this.#stop.signal.aborted;) {
      const target = `/v2/keys${directory}?wait=true&recursive=true&waitIndex=${next}`;
      const request = { ...GET, target };
      const answer = await ask(this.#endpoint, request, false, this.#stop.signal).catch(
        () => undefined,
      );
      if (this.#stop.signal.aborted) return;
      if (answer === undefined || answer.body === '') {
        await pause(RECONNECT_MS);
        continue;
      }
      const { action, node } = JSON.parse(answer.body) as {
        action: string;
        node: { key: string; modifiedIndex: number };
      };
      this.changes.push({ action, key: node.key, index: node.modifiedIndex });
      next = node.modifiedIndex + 1;
    }
  }
}
