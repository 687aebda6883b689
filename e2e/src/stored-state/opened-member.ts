import { parseConfiguration } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { SeededRng } from '@etcd-ts/foundation';
import type { LogFields, Logger } from '@etcd-ts/foundation';
import { createMetrics } from '@etcd-ts/observability';
import { LONE_PEERS, openMember, SYSTEM_CLOCK, SYSTEM_SCHEDULER } from '@etcd-ts/server';
import type { Member } from '@etcd-ts/server';
import { REAL_FILES } from '@etcd-ts/storage';
import type { MemberFiles } from '@etcd-ts/storage';

/** Of the log's files: small, so that a short history has several and a copy costs little. */
const SEGMENT_BYTES = 64 * 1024;

const BUILD = {
  apiVersion: '3.7.1',
  version: 'test',
  commit: 'test',
  nodeVersion: 'test',
  os: 'linux',
  arch: 'amd64',
};

/** A snapshot and a cut of the log every few dozen entries, a commit every few milliseconds. */
const BUSY_UPKEEP: Partial<ServerConfig> = {
  snapshotCount: 40,
  snapshotCatchupEntries: 20,
  backendBatchIntervalMs: 4,
};

/** The machine's files, but for the size of the log's. */
const FILES: MemberFiles = {
  ...REAL_FILES,
  createWal: (dir, metadata, options) =>
    REAL_FILES.createWal(dir, metadata, { ...options, segmentBytes: SEGMENT_BYTES }),
  openWal: (dir, start, options) =>
    REAL_FILES.openWal(dir, start, { ...options, segmentBytes: SEGMENT_BYTES }),
};

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A member of its own cluster over real files, in this process and without ports. */
export interface OpenedMember {
  readonly member: Member;
  readonly lines: readonly LoggedLine[];
  stop(): Promise<void>;
}

function configurationOf(dataDir: string): ServerConfig {
  const outcome = parseConfiguration({
    argv: ['--data-dir', dataDir],
    env: {},
    readFile: () => '',
    build: BUILD,
    defaultHost: undefined,
  });
  if (outcome.kind !== 'run') throw new Error(`no configuration: ${outcome.kind}`);
  return { ...outcome.config, ...BUSY_UPKEEP };
}

function recorder(lines: LoggedLine[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const logger: Logger = {
    debug: () => undefined,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    named: () => logger,
  };
  return logger;
}

/** Starts and waits until it serves. Rejects with what the start was refused with. */
export async function openMemberAt(
  dataDir: string,
  lines: LoggedLine[] = [],
): Promise<OpenedMember> {
  const metrics = createMetrics({ serverVersion: '3.7.1', mode: 'basic', grpcMethods: [] });
  try {
    const member = await openMember({
      clock: SYSTEM_CLOCK,
      scheduler: SYSTEM_SCHEDULER,
      config: configurationOf(dataDir),
      rng: new SeededRng(1),
      logger: recorder(lines),
      metrics,
      peers: LONE_PEERS,
      files: FILES,
    });
    const stop = async (): Promise<void> => {
      await member.stop();
      metrics.close();
    };
    await member.ready.catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return { member, lines, stop };
  } catch (error) {
    metrics.close();
    throw error;
  }
}
