import {
  BackgroundCommand,
  createScratchDirectory,
  etcdctl,
  eventually,
  removeScratchDirectory,
  serverCommand,
} from '@etcd-ts/testkit';
import type { CommandResult, Flavour } from '@etcd-ts/testkit';

export interface MemberSetup {
  readonly flavour: Flavour;
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** How it finds the others: --discovery URL, --discovery-srv DOMAIN, --initial-cluster ... */
  readonly bootstrap: readonly string[];
  /** Replaces the advertised peer URL. */
  readonly peerUrl?: string;
  readonly scheme?: 'http' | 'https';
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A program with arguments that runs the node in its place. */
  readonly wrapper?: readonly string[];
}

const READY_TIMEOUT_MS = 120_000;

/** A node that is told how to find a cluster, not who is in it. */
export class NewMember {
  readonly setup: MemberSetup;
  readonly dataDir: string;
  readonly #ownsDataDir: boolean;
  readonly #command: BackgroundCommand;

  constructor(setup: MemberSetup) {
    this.setup = setup;
    this.#ownsDataDir = setup.dataDir === undefined;
    this.dataDir = setup.dataDir ?? createScratchDirectory(setup.name);
    const options = setup.env === undefined ? {} : { env: setup.env };
    const program = [...(setup.wrapper ?? []), serverCommand(setup.flavour), ...this.#flags()];
    this.#command = new BackgroundCommand(program[0] ?? '', program.slice(1), options);
  }

  get endpoint(): string {
    return `127.0.0.1:${this.setup.clientPort}`;
  }

  get log(): string {
    return this.#command.stderr + this.#command.stdout;
  }

  get ended(): Promise<CommandResult> {
    return this.#command.ended;
  }

  /** Resolves when the node has written the text; rejects with its log. */
  async says(text: string, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    try {
      const probe = (): true | undefined => (this.log.includes(text) ? true : undefined);
      await eventually(`${this.setup.name} says ${text}`, probe, timeoutMs);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.log.slice(-4000)}`, { cause: error });
    }
  }

  /** The words are those of etcd 3.4 and of later ones alike. */
  serves(): Promise<void> {
    return this.says('serving client traffic');
  }

  /** Names of the members of its cluster, sorted. */
  async memberNames(): Promise<readonly string[]> {
    const { stdout } = await etcdctl(this.endpoint, ['member', 'list']);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(', ')[2] ?? '')
      .sort();
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<CommandResult> {
    return this.#command.stop(signal);
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    if (this.#ownsDataDir) removeScratchDirectory(this.dataDir);
  }

  #flags(): string[] {
    const { name, clientPort, peerPort, bootstrap, scheme = 'http' } = this.setup;
    const clientUrl = `http://127.0.0.1:${clientPort}`;
    const peerUrl = `${scheme}://127.0.0.1:${peerPort}`;
    return [
      ...['--name', name, '--data-dir', this.dataDir, '--logger', 'zap'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl],
      ...['--initial-advertise-peer-urls', this.setup.peerUrl ?? peerUrl],
      ...bootstrap,
    ];
  }
}
