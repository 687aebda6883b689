import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { must, SeededRng } from '@etcd-ts/foundation';
import type { Clock, LogFields, Logger, Scheduler } from '@etcd-ts/foundation';
import { createMetrics } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';

import { openMember } from '../member.js';
import type { Member } from '../member.js';
import { SYSTEM_CLOCK, SYSTEM_SCHEDULER } from '../system-time.js';
import { LONE_PEERS } from '../peers/lone-peers.js';
import type { Peers } from '../peers/network.js';

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that remembers. */
export function recordingLogger(): Logger & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const logger = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    named: () => logger,
  };
  return logger;
}

/** The configuration of one member, as the command line would make it. */
export function memberConfig(dataDir: string, changes: Partial<ServerConfig> = {}): ServerConfig {
  const build = {
    apiVersion: '3.7.1',
    version: 'test',
    commit: 'test',
    nodeVersion: 'test',
    os: 'linux',
    arch: 'amd64',
  };
  const outcome = parseConfiguration({
    argv: ['--data-dir', dataDir],
    env: {},
    readFile: () => '',
    build,
    defaultHost: undefined,
  });
  if (outcome.kind !== 'run') throw new Error(`no configuration: ${outcome.kind}`);
  return { ...outcome.config, ...changes };
}

export interface World {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export interface OpenedMember {
  readonly member: Member;
  readonly metrics: EtcdMetrics;
  readonly lines: readonly LoggedLine[];
}

const SYSTEM_WORLD: World = { clock: SYSTEM_CLOCK, scheduler: SYSTEM_SCHEDULER };

/** Members over real files in temporary directories, all gone after each test. */
export class MemberFixture {
  readonly #directories: string[] = [];
  readonly #opened: OpenedMember[] = [];

  directory(): string {
    const path = fs.mkdtempSync(join(tmpdir(), 'member-'));
    this.#directories.push(path);
    return path;
  }

  /**
   * What a crash of the process would leave: the bytes as they are now, while the member goes on
   * unaware. Nothing of this process runs meanwhile, and the preallocated zeros stay holes.
   */
  crashedCopy(dataDir: string): string {
    const copy = this.directory();
    execFileSync('cp', ['-r', '--sparse=always', join(dataDir, 'member'), copy]);
    return copy;
  }

  async open(
    config: ServerConfig,
    world: World = SYSTEM_WORLD,
    peers: Peers = LONE_PEERS,
  ): Promise<OpenedMember> {
    const metrics = createMetrics({ serverVersion: '3.7.1', mode: 'basic', grpcMethods: [] });
    const logger = recordingLogger();
    const parts = {
      ...world,
      config,
      rng: new SeededRng(1),
      logger,
      metrics,
      peers,
    };
    try {
      const opened = { member: await openMember(parts), metrics, lines: logger.lines };
      this.#opened.push(opened);
      return opened;
    } catch (error) {
      metrics.close();
      throw error;
    }
  }

  /** Open and able to serve. */
  async start(dataDir: string, changes: Partial<ServerConfig> = {}): Promise<OpenedMember> {
    const opened = await this.open(memberConfig(dataDir, changes));
    await opened.member.ready;
    return opened;
  }

  /** Stops the members; their directories stay. */
  async stopAll(): Promise<void> {
    for (const { member, metrics } of this.#opened.splice(0)) {
      await member.stop();
      metrics.close();
    }
  }

  async close(): Promise<void> {
    await this.stopAll();
    for (const path of this.#directories.splice(0)) fs.rmSync(path, { recursive: true });
  }
}

/** The value of one sample of the exposition, by its exact name and labels. */
export async function sample(metrics: EtcdMetrics, name: string): Promise<number> {
  const { text } = await metrics.scrape();
  const line = text.split('\n').find((row) => row.startsWith(`${name} `));
  return Number(must(line, `no sample ${name}`).slice(name.length + 1));
}
