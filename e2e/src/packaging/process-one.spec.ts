import { join } from 'node:path';
import {
  createScratchDirectory,
  freePort,
  isInstalled,
  removeScratchDirectory,
  runCommand,
  workspaceRoot,
} from '@etcd-ts/testkit';

const ROOT = workspaceRoot();
const HEALTH_CHECK = join(ROOT, 'docker', 'health-check.mjs');
/** For a process that is slow to start; one that does not end when it is told to fails by this. */
const PATIENCE_MS = 120_000;

let directory: string;
beforeEach(() => (directory = createScratchDirectory('process-one')));
afterEach(() => removeScratchDirectory(directory));

const hasNamespaces = isInstalled('unshare', '--pid', '--fork', 'true');
const inNamespace = hasNamespaces ? it : it.skip;

type Start = (port: number) => Promise<{ readonly args: readonly string[]; readonly page: string }>;

const PROGRAMS: readonly (readonly [string, Start])[] = [
  [
    'etcd',
    async (port) => {
      const peerUrl = `http://127.0.0.1:${await freePort()}`;
      const url = `http://127.0.0.1:${port}`;
      return {
        args: [
          ...['--data-dir', directory, '--listen-client-urls', url],
          ...['--advertise-client-urls', url, '--listen-peer-urls', peerUrl],
          ...['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`],
        ],
        page: '/readyz',
      };
    },
  ],
  [
    'discovery',
    (port) =>
      Promise.resolve({
        args: ['--addr', `127.0.0.1:${port}`, '--data-dir', directory],
        page: '/health',
      }),
  ],
  [
    'srv-resolver',
    (port) => Promise.resolve({ args: ['serve', '--addr', `127.0.0.1:${port}`], page: '/health' }),
  ],
];

/**
 * A container's first process has no default effects of signals: what it does not handle itself is
 * as if it had not been sent. Here another process of its namespace sends one when it is healthy.
 */
inNamespace.each(PROGRAMS)(
  '%s ends well when it is process 1 and is told to',
  async (app, start) => {
    const port = await freePort();
    const { args, page } = await start(port);
    const script =
      'health=$1 url=$2; shift 2; (until node "$health" "$url"; do sleep 0.2; done; kill -TERM 1) & exec "$@"';
    const program = [process.execPath, join(ROOT, 'dist', 'apps', app, 'main.cjs'), ...args];
    const url = `http://127.0.0.1:${port}${page}`;
    const { exitCode, stderr } = await runCommand(
      'unshare',
      ['--pid', '--fork', '--kill-child', 'sh', '-c', script, 'sh', HEALTH_CHECK, url, ...program],
      { timeoutMs: PATIENCE_MS },
    );
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringContaining('"received signal; shutting down"'),
    ]);
  },
);
