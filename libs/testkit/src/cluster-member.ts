import { MaintenanceDefinition, StatusRequest, type StatusResponse } from '@etcd-ts/wire-protocol';

import { EtcdProcess, type Exit } from './etcd-process.js';
import { RpcClient } from './rpc-client.js';
import { createScratchDirectory, removeScratchDirectory } from './workspace.js';
import type { Flavour } from './server-command.js';

export interface MemberSetup {
  readonly name: string;
  readonly flavour: Flavour;
  readonly clientPort: number;
  /** Where it listens for peers. */
  readonly peerPort: number;
  /** Where peers are told to find it: its own port, or that of a proxy before it. */
  readonly advertisedPeerPort: number;
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly program?: readonly string[];
}

/** What is different in one life of a member. */
export interface LaunchChange {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly wrapper?: readonly string[];
}

/** What a member is started with the first time; ignored once it has data. */
export interface Bootstrap {
  readonly initialCluster: string;
  readonly token: string;
  readonly state: 'new' | 'existing';
}

const STATUS_DEADLINE_MS = 1_000;

/** One member of a cluster through all its lives: its ports, its data, its process if it runs. */
export class ClusterMember {
  readonly setup: MemberSetup;
  /** One connection that outlives the processes; calls fail while none listens. */
  readonly client: RpcClient;
  #bootstrap: Bootstrap;
  #dataDir: string;
  #process: EtcdProcess | undefined;
  #paused = false;
  #incarnation = 0;
  #earlierLogs = '';

  constructor(setup: MemberSetup, bootstrap: Bootstrap) {
    this.setup = setup;
    this.#bootstrap = bootstrap;
    this.#dataDir = createScratchDirectory(setup.name);
    this.client = new RpcClient(this.endpoint);
  }

  get name(): string {
    return this.setup.name;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.setup.clientPort}`;
  }

  get peerUrl(): string {
    return `http://127.0.0.1:${this.setup.advertisedPeerPort}`;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  /** Another one each time it starts from nothing: what it knew and promised before is gone. */
  get identity(): string {
    return `${this.name}.${this.#incarnation}`;
  }

  /** The process of this life; throws when there is none. */
  get process(): EtcdProcess {
    if (this.#process === undefined) throw new Error(`${this.name} does not run`);
    return this.#process;
  }

  /** Whether it has a process; it may be paused, or not serve yet. */
  get isUp(): boolean {
    return this.#process !== undefined && this.#process.obituary() === undefined;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  get pid(): number | undefined {
    return this.isUp ? this.#process?.pid : undefined;
  }

  /** What it wrote in all its lives. */
  get log(): string {
    return this.#earlierLogs + (this.#process?.log ?? '');
  }

  forgetLog(): void {
    this.#earlierLogs = '';
    this.#process?.forgetLog();
  }

  /** Starts the process without waiting: a member serves only when there is a quorum. */
  async launch({ flags = [], env, wrapper }: LaunchChange = {}): Promise<EtcdProcess> {
    if (this.isUp) throw new Error(`${this.name} runs already`);
    this.#earlierLogs = this.log;
    const { flavour, clientPort, peerPort, program } = this.setup;
    this.#process = await EtcdProcess.launch({
      flavour,
      clientPort,
      peerPort,
      dataDir: this.#dataDir,
      commandLine: [...this.#flags(), ...flags],
      env: { ...this.setup.env, ...env },
      ...(wrapper === undefined ? {} : { wrapper }),
      ...(program === undefined ? {} : { program }),
    });
    return this.#process;
  }

  async start(change: LaunchChange = {}): Promise<void> {
    await (await this.launch(change)).ready();
  }

  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#paused = false;
    return this.process.stop(signal);
  }

  pause(): void {
    this.#paused = true;
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.#paused = false;
    this.process.signal('SIGCONT');
  }

  /** Forgets all data and the part the member had: the next start is a first one. */
  wipe(bootstrap: Bootstrap): void {
    if (this.isUp) throw new Error(`${this.name} still uses its data`);
    removeScratchDirectory(this.#dataDir);
    this.#dataDir = createScratchDirectory(this.name);
    this.#bootstrap = bootstrap;
    this.#incarnation++;
  }

  /** Its own view, or undefined when it gives none in time. */
  async status(deadlineMs = STATUS_DEADLINE_MS): Promise<StatusResponse | undefined> {
    const outcome = await this.client.unary(
      MaintenanceDefinition,
      MaintenanceDefinition.methods.status,
      StatusRequest.fromPartial({}),
      { deadlineMs },
    );
    return outcome.kind === 'ok' ? outcome.response : undefined;
  }

  async dispose(): Promise<void> {
    this.client.close();
    await this.#process?.dispose();
    removeScratchDirectory(this.#dataDir);
  }

  #flags(): string[] {
    const { name, peerPort } = this.setup;
    const clientUrl = `http://${this.endpoint}`;
    const { initialCluster, token, state } = this.#bootstrap;
    return [
      ...['--name', name, '--data-dir', this.#dataDir],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
      ...['--initial-advertise-peer-urls', this.peerUrl],
      ...['--initial-cluster', initialCluster, '--initial-cluster-token', token],
      ...['--initial-cluster-state', state],
      ...['--logger', 'zap', '--log-outputs', 'stderr'],
      ...this.setup.flags,
    ];
  }
}
