import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { eventually, within } from './condition.js';
import { freePort } from './ports.js';
import { serverCommand, type Flavour } from './server-command.js';
import { createScratchDirectory, removeScratchDirectory } from './workspace.js';

export interface NodeSetup {
  readonly flavour: Flavour;
  /** Kept when given; otherwise a scratch directory that `dispose` removes. */
  readonly dataDir?: string;
  readonly clientPort?: number;
  readonly peerPort?: number;
  readonly flags?: readonly string[];
  /** All flags of the node, instead of those of a lone member and `flags`. */
  readonly commandLine?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A program with arguments that runs the node, such as strace. It must exec or stay its parent. */
  readonly wrapper?: readonly string[];
  /** A program with arguments, instead of the one of the flavour. */
  readonly program?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * What every node advertises: nobody dials it in a one-member cluster, and equal URLs give equal
 * member and cluster ids, so answers of two servers compare without replacing ids.
 */
const ADVERTISED_PEER_URL = 'http://127.0.0.1:2380';
const ADVERTISED_CLIENT_URL = 'http://127.0.0.1:2379';
// The last of the milestones, and the only one of them that etcd 3.4 logs as well.
const READY_MESSAGE = 'serving client traffic';
/** Several members that start at once on a machine with other work to do take their time. */
const READY_TIMEOUT_MS = 60_000;
const LAST_WORDS_LINES = 30;
const EXIT_TIMEOUT_MS = 60_000;
/** More than a test reads back; a node that logs without end must not fill the memory of the test. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One node in a process of its own, on real ports and a real data directory. */
export class EtcdProcess {
  readonly setup: Required<Pick<NodeSetup, 'dataDir' | 'clientPort' | 'peerPort'>> & NodeSetup;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #ownsDataDir: boolean;
  #log = '';
  #exit: Exit | undefined;

  /** Starts a node and waits until it serves clients. */
  static async start(setup: NodeSetup): Promise<EtcdProcess> {
    const node = await EtcdProcess.launch(setup);
    try {
      await node.ready();
    } catch (error) {
      await node.dispose();
      throw error;
    }
    return node;
  }

  /** Starts a node without waiting: for those that are expected to fail. */
  static async launch(setup: NodeSetup): Promise<EtcdProcess> {
    return new EtcdProcess(
      {
        ...setup,
        dataDir: setup.dataDir ?? createScratchDirectory(setup.flavour),
        clientPort: setup.clientPort ?? (await freePort()),
        peerPort: setup.peerPort ?? (await freePort()),
      },
      setup.dataDir === undefined,
    );
  }

  private constructor(setup: EtcdProcess['setup'], ownsDataDir: boolean) {
    this.setup = setup;
    this.#ownsDataDir = ownsDataDir;
    const [file = '', ...args] = [
      ...(setup.wrapper ?? []),
      ...(setup.program ?? [serverCommand(setup.flavour)]),
      ...(setup.commandLine ?? nodeFlags(setup)),
    ];
    const child = spawn(file, args, {
      env: { ...process.env, ...setup.env },
      ...(setup.cwd === undefined ? {} : { cwd: setup.cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    const keep = (chunk: Buffer): void => {
      if (this.#log.length < MAX_LOG_BYTES) this.#log += chunk.toString('utf8');
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.exited = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      this.#exit = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      return this.#exit;
    });
  }

  get endpoint(): string {
    return `127.0.0.1:${this.setup.clientPort}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything the node has written so far, to stdout and stderr. */
  get log(): string {
    return this.#log;
  }

  /** For those that live long: what it wrote so far is of no use any more. */
  forgetLog(): void {
    this.#log = '';
  }

  /** How the node ended and what it said last; undefined while it runs. */
  obituary(): string | undefined {
    if (this.#exit === undefined) return undefined;
    const last = this.log.split('\n').slice(-LAST_WORDS_LINES).join('\n');
    return `the ${this.setup.flavour} node ended: ${JSON.stringify(this.#exit)}\n${last}`;
  }

  /** Resolves when the node says it serves clients; rejects with its log when it ends before. */
  async ready(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    await eventually(
      `${this.setup.flavour} node is ready`,
      () => {
        const obituary = this.obituary();
        if (obituary !== undefined) throw new Error(obituary);
        return this.log.includes(READY_MESSAGE) ? true : undefined;
      },
      timeoutMs,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends the node and resolves once the process is gone. */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(name);
    return this.exit();
  }

  exit(timeoutMs = EXIT_TIMEOUT_MS): Promise<Exit> {
    return within(`${this.setup.flavour} node ends`, timeoutMs, this.exited);
  }

  /** A new process over the same data directory and ports; this one must have ended. */
  restart(change: Partial<NodeSetup> = {}): Promise<EtcdProcess> {
    return EtcdProcess.start({ ...this.setup, ...change });
  }

  /** Kills what is left and removes the data directory if it was ours. */
  async dispose(): Promise<void> {
    if (this.#exit === undefined) await this.stop('SIGKILL');
    if (this.#ownsDataDir) removeScratchDirectory(this.setup.dataDir);
  }
}

function nodeFlags(setup: EtcdProcess['setup']): string[] {
  return [
    ...['--name', 'default', '--data-dir', setup.dataDir],
    ...['--listen-client-urls', `http://127.0.0.1:${setup.clientPort}`],
    ...['--advertise-client-urls', ADVERTISED_CLIENT_URL],
    ...['--listen-peer-urls', `http://127.0.0.1:${setup.peerPort}`],
    ...['--initial-advertise-peer-urls', ADVERTISED_PEER_URL],
    ...['--initial-cluster', `default=${ADVERTISED_PEER_URL}`],
    ...['--logger', 'zap', '--log-outputs', 'stderr'],
    ...(setup.flags ?? []),
  ];
}
