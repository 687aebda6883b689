import { join } from 'node:path';
import {
  BackgroundCommand,
  eventually,
  freePort,
  runCommand,
  workspaceRoot,
} from '@etcd-ts/testkit';
import type { CommandResult } from '@etcd-ts/testkit';

const LAUNCHER = join(workspaceRoot(), 'bin', 'etcd-srv');
const START_TIMEOUT_MS = 90_000;

/** `etcd-srv DOMAIN`, to its end. */
export const etcdSrv = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand(LAUNCHER, args, { timeoutMs: START_TIMEOUT_MS });

/** `etcd-srv serve` or `etcd-srv publish` in a process of its own. */
export class SrvProcess {
  /** Of HTTP, and of gRPC where there is any. */
  readonly port: number;
  readonly #command: BackgroundCommand;

  static async serve(...flags: readonly string[]): Promise<SrvProcess> {
    const port = await freePort();
    return new SrvProcess(port, ['serve', '--addr', `127.0.0.1:${port}`, ...flags]).#ready();
  }

  static async publish(...flags: readonly string[]): Promise<SrvProcess> {
    const port = await freePort();
    return new SrvProcess(port, ['publish', '--http-addr', `127.0.0.1:${port}`, ...flags]).#ready();
  }

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#command = new BackgroundCommand(LAUNCHER, args);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get log(): string {
    return this.#command.stderr;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<NodeJS.Signals | number | null> {
    const { exitCode, signal: endedBy } = await this.#command.stop(signal);
    return endedBy ?? exitCode;
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
  }

  async #ready(): Promise<this> {
    const probe = (): true | undefined =>
      this.log.includes('successfully notified init daemon') ? true : undefined;
    await eventually('etcd-srv is ready', probe, START_TIMEOUT_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.log}`, { cause: error });
    });
    return this;
  }
}
