import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { rmSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether the original is installed; where it is not, these tests have nothing to say. */
export const ORIGINAL_INSTALLED = spawnSync('etcd', ['--version']).status === 0;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface OriginalSetup {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** Where the others reach it, if not at its port. */
  readonly advertised?: string;
  readonly initialCluster: string;
  readonly flags?: readonly string[];
}

/** One member of the original, in a process of its own. */
export class Original {
  readonly #setup: OriginalSetup;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'original-etcd-'));
  #child: ChildProcess;

  constructor(setup: OriginalSetup) {
    this.#setup = setup;
    this.#child = this.#spawn();
  }

  #spawn(): ChildProcess {
    const { name, peerPort, advertised, initialCluster, flags = [] } = this.#setup;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    return spawn(
      'etcd',
      [
        ...['--name', name, '--data-dir', this.#dataDir, '--logger', 'zap'],
        ...['--listen-client-urls', this.clientUrl, '--advertise-client-urls', this.clientUrl],
        ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', advertised ?? peerUrl],
        ...['--initial-cluster', initialCluster, '--initial-cluster-token', 'interop', ...flags],
      ],
      { stdio: 'ignore' },
    );
  }

  get clientUrl(): string {
    return `http://127.0.0.1:${this.#setup.clientPort}`;
  }

  get peerUrl(): string {
    return `http://127.0.0.1:${this.#setup.peerPort}`;
  }

  /** Through the JSON gateway; undefined if it fails. */
  async #call(path: string, body: object): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await fetch(`${this.clientUrl}/v3/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  }

  async put(key: string, value: string): Promise<boolean> {
    return (await this.#call('kv/put', { key: btoa(key), value: btoa(value) })) !== undefined;
  }

  /** Linearizable. */
  async get(key: string): Promise<string | undefined> {
    const answer = await this.#call('kv/range', { key: btoa(key) });
    const [kv] = (answer?.['kvs'] ?? []) as { value: string }[];
    return kv && atob(kv.value);
  }

  /** Ids of the members by name, and of the cluster; undefined while it does not serve peers. */
  async identify(): Promise<{ cluster: bigint; members: Map<string, bigint> } | undefined> {
    try {
      const answer = await fetch(`${this.peerUrl}/members`);
      const cluster = BigInt(`0x${answer.headers.get('x-etcd-cluster-id') ?? ''}`);
      const members = new Map<string, bigint>();
      const pattern = /"id":(\d+),"peerURLs":\["([^"]*)"/g;
      for (const [, id = '', url = ''] of (await answer.text()).matchAll(pattern)) {
        members.set(url, BigInt(id));
      }
      return { cluster, members };
    } catch {
      return undefined;
    }
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  restart(): void {
    this.#child = this.#spawn();
  }

  async dispose(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
    rmSync(this.#dataDir, { recursive: true });
  }
}

/** Tries until it succeeds, with a deadline. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const outcome = await attempt();
    if (outcome !== undefined && outcome !== false) return outcome;
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
