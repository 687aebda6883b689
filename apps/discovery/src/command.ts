import { DaemonProgram, SYSTEM_CLOCK, SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import type { NodeLogger } from '@etcd-ts/observability';
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

const PROGRAM = new DaemonProgram({
  name: 'etcd-discovery',
  version: VERSION,
  commit: COMMIT,
  introduction: INTRODUCTION,
  examples: EXAMPLES,
  sections: OPTION_SECTIONS,
  envPrefix: ENV_PREFIX,
});

/** The `etcd-discovery` command in this process. Resolves with its exit code. */
export const runCommand = (): Promise<number> =>
  PROGRAM.run(OPTIONS, process.argv.slice(2), ([operand], options) => {
    if (operand !== undefined) return PROGRAM.refuseOperand(operand);
    const complaint = complaintAbout(options);
    if (complaint !== undefined) return PROGRAM.refuse(complaint);
    return PROGRAM.serve(options, 'discovery', (logger) => start(options, logger));
  });

const start = (options: DiscoveryOptions, logger: NodeLogger) =>
  startDiscoveryService(options, {
    logger,
    clock: SYSTEM_CLOCK,
    scheduler: SYSTEM_SCHEDULER,
    onFatal: () => process.exit(1),
  });
