import {
  formatOptionHelp,
  parseCommandLine,
  runDaemon,
  SYSTEM_CLOCK,
  SYSTEM_SCHEDULER,
} from '@etcd-ts/daemon';
import type { LogLevel, NodeLogger } from '@etcd-ts/observability';
import { createLogger } from '@etcd-ts/observability';
import { COMMIT, VERSION } from './build-info.js';
import { startDiscoveryService } from './discovery-service.js';
import { complaintAbout, ENV_PREFIX, OPTION_SECTIONS, OPTIONS } from './options.js';
import type { DiscoveryOptions } from './options.js';

const INTRODUCTION = `Usage: etcd-discovery [options]

The meeting point for members of new etcd clusters: GET /new?size=3 makes a token, and members
started with --discovery URL-of-the-token find each other through it.

`;

const EXAMPLES = `
Every option can be given as the environment variable named behind it.

Examples:
  etcd-discovery                                   on port 8087, tokens in ./default.discovery
  etcd-discovery --host https://discovery.example.com --trusted-proxies 1
  etcd-discovery --endpoints 10.0.0.1:2379,10.0.0.2:2379
  curl 'http://localhost:8087/new?size=3'
`;

/** The `etcd-discovery` command in this process. Resolves with its exit code. */
export async function runCommand(): Promise<number> {
  const parsed = parseCommandLine(OPTIONS, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: ENV_PREFIX,
  });
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(INTRODUCTION + formatOptionHelp(OPTION_SECTIONS, ENV_PREFIX) + EXAMPLES);
      return 0;
    case 'version':
      process.stdout.write(`etcd-discovery of etcd-ts ${VERSION} (${COMMIT})\n`);
      return 0;
    case 'error':
      return refuse(parsed.message);
    case 'ok': {
      const [operand] = parsed.operands;
      if (operand !== undefined) return refuse(`${JSON.stringify(operand)} is not an option`);
      const complaint = complaintAbout(parsed.values);
      return complaint === undefined ? serve(parsed.values) : refuse(complaint);
    }
  }
}

function refuse(message: string): number {
  process.stderr.write(`etcd-discovery: ${message}\nTry etcd-discovery --help.\n`);
  return 2;
}

const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error', 'fatal']);
const isLevel = (text: string): text is LogLevel => LEVELS.has(text);

function serve(options: DiscoveryOptions): Promise<number> | number {
  const level = options['log-level'];
  const format = options['log-format'];
  if (!isLevel(level)) return refuse(`unknown --log-level ${level}`);
  if (format !== 'json' && format !== 'console') return refuse(`unknown --log-format ${format}`);
  const outcome = createLogger({
    level,
    format,
    outputs: ['stderr'],
    clock: SYSTEM_CLOCK,
    caller: 'discovery',
  });
  if (outcome.kind === 'error') return refuse(outcome.message);
  const { logger } = outcome;
  const { pid } = process;
  logger.info('starting the discovery service', { version: VERSION, commit: COMMIT, pid });
  return runDaemon({ logger, start: () => start(options, logger) });
}

const start = (options: DiscoveryOptions, logger: NodeLogger) =>
  startDiscoveryService(options, {
    logger,
    clock: SYSTEM_CLOCK,
    scheduler: SYSTEM_SCHEDULER,
    onFatal: () => process.exit(1),
  });
