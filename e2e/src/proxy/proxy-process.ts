import {
  BackgroundCommand,
  eventually,
  freePort,
  runCommand,
  serverCommand,
} from '@etcd-ts/testkit';
import type { CommandResult } from '@etcd-ts/testkit';

const READY_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 60_000;

export type ProxyKind = 'gateway' | 'grpc-proxy';

const READY: Readonly<Record<ProxyKind, string>> = {
  gateway: 'ready to proxy client requests',
  'grpc-proxy': 'started gRPC proxy',
};

/** `etcd gateway start` or `etcd grpc-proxy start`, as its users run it. */
export class ProxyProcess {
  readonly endpoint: string;
  readonly #command: BackgroundCommand;

  static async start(
    kind: ProxyKind,
    endpoints: string,
    flags: readonly string[] = [],
    wrapper: readonly string[] = [],
  ): Promise<ProxyProcess> {
    const endpoint = `127.0.0.1:${await freePort()}`;
    const args = [kind, 'start', '--listen-addr', endpoint, '--endpoints', endpoints];
    // What it tells others is where it is.
    if (kind === 'grpc-proxy') args.push('--advertise-client-url', endpoint);
    const [file = '', ...words] = [...wrapper, serverCommand('ours'), ...args, ...flags];
    const command = new BackgroundCommand(file, words);
    const proxy = new ProxyProcess(endpoint, command);
    try {
      const isReady = () => (command.stderr.includes(READY[kind]) ? true : undefined);
      await eventually(`${kind} is ready`, isReady, READY_TIMEOUT_MS);
    } catch (error) {
      await proxy.stop();
      throw new Error(command.stderr, { cause: error });
    }
    return proxy;
  }

  private constructor(endpoint: string, command: BackgroundCommand) {
    this.endpoint = endpoint;
    this.#command = command;
  }

  get log(): string {
    return this.#command.stderr;
  }

  stop(): Promise<CommandResult> {
    return this.#command.stop('SIGTERM');
  }
}

/** A proxy that is expected to refuse. */
export const runProxy = (args: readonly string[]): Promise<CommandResult> =>
  runCommand(serverCommand('ours'), args, { timeoutMs: END_TIMEOUT_MS });
