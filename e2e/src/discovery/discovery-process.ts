import { join } from 'node:path';
import {
  BackgroundCommand,
  createScratchDirectory,
  eventually,
  removeScratchDirectory,
  workspaceRoot,
} from '@etcd-ts/testkit';

const READY = '"msg":"discovery service is ready"';
const START_TIMEOUT_MS = 90_000;

/** The discovery service in a process of its own, on a free port; its tokens outlive it. */
export class DiscoveryProcess {
  readonly dataDir: string;
  #command: BackgroundCommand;
  #port = 0;
  readonly #flags: readonly string[];

  static async start(...flags: string[]): Promise<DiscoveryProcess> {
    const service = new DiscoveryProcess(flags);
    await service.#ready();
    return service;
  }

  private constructor(flags: readonly string[]) {
    this.dataDir = createScratchDirectory('discovery');
    this.#flags = flags;
    this.#command = this.#launch();
  }

  get port(): number {
    return this.#port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get log(): string {
    return this.#command.stderr;
  }

  async newToken(size: number): Promise<string> {
    const response = await fetch(`${this.origin}/new?size=${size}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    return text;
  }

  /** How the process ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<NodeJS.Signals | number | null> {
    const { exitCode, signal: endedBy } = await this.#command.stop(signal);
    return endedBy ?? exitCode;
  }

  /** On the same port; the one before must have ended. */
  async restart(): Promise<void> {
    this.#command = this.#launch();
    await this.#ready();
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    removeScratchDirectory(this.dataDir);
  }

  #launch(): BackgroundCommand {
    const launcher = join(workspaceRoot(), 'bin', 'etcd-discovery');
    const address = `127.0.0.1:${this.#port}`;
    const args = ['--addr', address, '--data-dir', this.dataDir, ...this.#flags];
    return new BackgroundCommand(launcher, args);
  }

  async #ready(): Promise<void> {
    const probe = (): true | undefined => (this.log.includes(READY) ? true : undefined);
    await eventually('the discovery service is ready', probe, START_TIMEOUT_MS).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.log}`, { cause: error });
      },
    );
    this.#port = Number(/"port":(\d+)/u.exec(this.log)?.[1]);
  }
}
