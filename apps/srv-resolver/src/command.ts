import { complaintAboutService } from '@etcd-ts/bootstrap';
import { DaemonProgram, parseListenAddress, SYSTEM_CLOCK, SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import { isIP } from 'node:net';
import { COMMIT, VERSION } from './build-info.js';
import { complaintAboutNameservers, createResolver } from './name-resolver.js';
import {
  ENV_PREFIX,
  OPTION_SECTIONS,
  PUBLISH_OPTIONS,
  RESOLVE_OPTIONS,
  SERVE_OPTIONS,
} from './options.js';
import type { PublishOptions, ResolveOptions, ServeOptions } from './options.js';
import { startPublishService } from './publish/publish-service.js';
import { resolveOnce } from './resolve/resolve-command.js';
import { startResolverService } from './serve/resolver-service.js';

const INTRODUCTION = `Usage: etcd-srv DOMAIN [options]     prints the members behind the SRV records of a domain
       etcd-srv serve [options]      the same as a service, over gRPC and HTTP
       etcd-srv publish [options]    answers DNS itself for the members of a running cluster

etcd-srv DOMAIN exits with 0 only when every record led somewhere; with 1, the reasons are on standard
error, one to a line; with 2 when it was not asked properly.

`;

const EXAMPLES = `
Every option can be given as the environment variable named behind it.

Examples:
  etcd-srv example.com --name one > /run/etcd/cluster.env    for EnvironmentFile= of a unit
  etcd --name one $(etcd-srv example.com --name one --format flags) ...
  etcd-srv example.com --clients --format flags
  etcd-srv serve --nameserver 10.0.0.2,10.0.0.3 --domain example.com
  curl 'http://localhost:8053/v1/resolve?domain=example.com'
  etcd-srv publish --domain etcd.example.com --endpoints 10.0.0.1:2379 --addr 10.0.0.1:53
`;

const PROGRAM = new DaemonProgram({
  name: 'etcd-srv',
  version: VERSION,
  commit: COMMIT,
  introduction: INTRODUCTION,
  examples: EXAMPLES,
  sections: OPTION_SECTIONS,
  envPrefix: ENV_PREFIX,
});

/** The `etcd-srv` command in this process. Resolves with its exit code. */
export async function runCommand(): Promise<number> {
  const [first, ...rest] = process.argv.slice(2);
  switch (first) {
    case 'serve':
      return PROGRAM.run(SERVE_OPTIONS, rest, ([operand], values) =>
        operand === undefined ? serve(values) : PROGRAM.refuseOperand(operand),
      );
    case 'publish':
      return PROGRAM.run(PUBLISH_OPTIONS, rest, ([operand], values) =>
        operand === undefined ? publish(values) : PROGRAM.refuseOperand(operand),
      );
    default:
      return PROGRAM.run(RESOLVE_OPTIONS, process.argv.slice(2), resolve);
  }
}

function resolve(
  [domain, surplus]: readonly string[],
  options: ResolveOptions,
): Promise<number> | number {
  if (domain === undefined) return PROGRAM.refuse('which domain?');
  if (surplus !== undefined) return PROGRAM.refuseOperand(surplus);
  const complaint = complaintAboutNameservers(options);
  if (complaint !== undefined) return PROGRAM.refuse(complaint);
  // The first process of a container has no default effects of signals, and this one may wait long.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      process.stderr.write('etcd-srv: interrupted\n');
      process.exit(1);
    });
  }
  return resolveOnce(domain, options, {
    resolver: createResolver(options),
    clock: SYSTEM_CLOCK,
    scheduler: SYSTEM_SCHEDULER,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
  });
}

function serve(options: ServeOptions): Promise<number> | number {
  const badDomain = options.domain
    .map((domain) => complaintAboutService(domain, ''))
    .find((complaint) => complaint !== undefined);
  const complaint =
    complaintAboutNameservers(options) ?? complaintAboutAddress(options.addr) ?? badDomain;
  if (complaint !== undefined) return PROGRAM.refuse(complaint);
  return PROGRAM.serve(options, 'srv-resolver', (logger) => {
    const resolver = createResolver(options);
    return startResolverService(options, { resolver, clock: SYSTEM_CLOCK, logger });
  });
}

function publish(options: PublishOptions): Promise<number> | number {
  const complaint =
    (options.domain === '' ? '--domain is missing' : undefined) ??
    complaintAboutService(options.domain, options['server-name']) ??
    complaintAboutNameservers(options) ??
    complaintAboutAddress(options.addr, true) ??
    complaintAboutAddress(options['http-addr']) ??
    (options.endpoints.length === 0 ? '--endpoints is missing' : undefined) ??
    ((options.cert === '') === (options.key === '') ? undefined : '--cert and --key go together');
  if (complaint !== undefined) return PROGRAM.refuse(complaint);
  return PROGRAM.serve(options, 'srv-resolver', (logger) =>
    startPublishService(options, {
      resolver: createResolver(options),
      scheduler: SYSTEM_SCHEDULER,
      logger,
    }),
  );
}

function complaintAboutAddress(text: string, wantsIp = false): string | undefined {
  try {
    const { host } = parseListenAddress(text);
    return wantsIp && isIP(host) === 0 ? `--addr wants an IP address: ${text}` : undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
}
