import { readFileSync } from 'node:fs';
import { parseConfiguration, shownArguments } from '@etcd-ts/config';
import type { ConfigNotice, Configuration, ServerConfig } from '@etcd-ts/config';
import { errorText, notifyReady, terminateOnSignals } from '@etcd-ts/daemon';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import { createLogger } from '@etcd-ts/observability';
import type { LoggerOptions, NodeLogger } from '@etcd-ts/observability';
import { requestTimeoutMs, SYSTEM_CLOCK, SYSTEM_SCHEDULER } from '@etcd-ts/server';
import { BUILD_INFO } from './build-info.js';
import { findDefaultHost } from './default-host.js';
import { NodeRun } from './node-run.js';
import type { RunningNode } from './node-run.js';
import { isProxyCommand } from './proxies/proxy-words.js';

const CALLER = 'etcdmain';

export type StartNode = (
  config: ServerConfig,
  parts: { readonly logger: Logger; readonly scheduler: Scheduler; readonly signal: AbortSignal },
) => Promise<RunningNode>;

/** The `etcd` command in this process. Resolves with its exit code. */
export async function runCommand(startNode: StartNode): Promise<number> {
  const words = process.argv.slice(2);
  if (isProxyCommand(words)) {
    const { runProxyCommand } = await import('./proxies/program.js');
    return runProxyCommand(words);
  }
  const configuration = parseConfiguration({
    argv: words,
    env: process.env,
    readFile,
    build: BUILD_INFO,
    defaultHost: findDefaultHost(),
  });
  switch (configuration.kind) {
    case 'help':
      process.stderr.write(configuration.stderr);
      process.stdout.write(configuration.stdout);
      return 0;
    case 'version':
      process.stdout.write(configuration.stdout);
      return 0;
    case 'error':
      return refuse(configuration);
    case 'run':
      return serve(configuration.config, configuration.notices, startNode);
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(errorText(error), { cause: error });
  }
}

function refuse(error: Extract<Configuration, { kind: 'error' }>): number {
  const logger = startupLogger();
  for (const notice of error.notices) log(logger, notice);
  logger.close();
  process.stderr.write(error.stderr);
  return error.exitCode;
}

async function serve(
  config: ServerConfig,
  notices: readonly ConfigNotice[],
  startNode: StartNode,
): Promise<number> {
  const logger = configuredLogger(config);
  if (logger === undefined) return 1;
  endOnBugs(logger);
  for (const notice of notices) log(logger, notice);
  logger.info('Running: ', {
    args: ['etcd', ...shownArguments(process.argv.slice(2))],
  });
  const run = new NodeRun({
    config,
    logger,
    scheduler: SYSTEM_SCHEDULER,
    start: (signal) => startNode(config, { logger, scheduler: SYSTEM_SCHEDULER, signal }),
    notifyReady: () => notifyReady(process.env['NOTIFY_SOCKET'], logger),
    stopTimeoutMs: requestTimeoutMs(config),
  });
  terminateOnSignals({ process, logger: () => logger, stop: () => run.stop() });
  const exitCode = await run.run();
  logger.close();
  return exitCode;
}

/** For what happens before the operator's own log is known to work. */
function startupLogger(): NodeLogger {
  return openLogger({ level: 'info', outputs: ['stderr'], format: 'json' });
}

function configuredLogger(config: ServerConfig): NodeLogger | undefined {
  const { logLevel, logOutputs, logFormat, logRotationJson } = config;
  const outcome = createLogger({
    level: logLevel,
    outputs: logOutputs,
    format: logFormat,
    clock: SYSTEM_CLOCK,
    rotationJson: logRotationJson,
    caller: CALLER,
  });
  if (outcome.kind === 'ok') return outcome.logger;
  startupLogger().warn('failed to verify flags', { error: outcome.message });
  return undefined;
}

function openLogger(options: Pick<LoggerOptions, 'level' | 'outputs' | 'format'>): NodeLogger {
  const outcome = createLogger({ ...options, clock: SYSTEM_CLOCK, caller: CALLER });
  if (outcome.kind === 'error') throw new Error(outcome.message);
  return outcome.logger;
}

/**
 * An error that nobody caught leaves a state that nobody has thought about. Going on would risk
 * acknowledging what is not on disk; a restart reads back what is.
 */
function endOnBugs(logger: Logger): void {
  const end = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    logger.fatal('unexpected error', { error: errorText(error), stack });
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

const log = (logger: Logger, notice: ConfigNotice): void =>
  logger[notice.level](notice.message, notice.fields);
