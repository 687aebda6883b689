import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { isInstalled } from '@etcd-ts/testkit';

const OURS = resolve(__dirname, '../../../bin/etcd');
/** The original, when this machine has one; then its words are compared with ours. */
const ORIGINAL = 'etcd';
const hasOriginal = isInstalled(ORIGINAL);

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'etcd-refusals-'));
  // Builds the bundle if need be, so that no test waits for that.
  spawnSync(OURS, ['--version']);
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(command: string, argv: readonly string[], env: Record<string, string> = {}): Ended {
  const ended = spawnSync(command, argv, {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { exitCode: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** The complaint in a structured log, or in the older unstructured one of the original. */
function complaint(stderr: string): string {
  const structured = /"msg":"failed to verify flags","error":(".*?[^\\]")[,}]/u.exec(stderr)?.[1];
  if (structured !== undefined) return JSON.parse(structured) as string;
  return /error verifying flags, (.*)\. See 'etcd --help'\./u.exec(stderr)?.[1] ?? stderr;
}

const inOriginal = hasOriginal ? test : test.skip;

describe('what Go’s flag package refuses is refused in its words', () => {
  inOriginal.each([
    [['-bogus']],
    [['---x']],
    [['--=x']],
    [['--name']],
    [['--heartbeat-interval=abc']],
    [['--heartbeat-interval=99999999999999999999']],
    [['--snapshot-count=-1']],
    [['--pre-vote=maybe']],
    [['--grpc-keepalive-min-time=5']],
    [['--max-concurrent-streams=4294967296']],
    [['--initial-cluster-state=foo']],
    [['--listen-client-urls=localhost:2379']],
    [['--listen-client-urls=127.0.0.1:2379']],
    [['--listen-client-urls=http://localhost']],
    [['--listen-client-urls=http://localhost:1/x']],
    [['--listen-client-urls=http://a b:1']],
    [['--listen-client-urls=http://%zz:1']],
  ])('%j', (argv) => {
    const ours = run(OURS, argv);
    const theirs = run(ORIGINAL, argv);
    expect(firstLine(ours.stderr)).toBe(firstLine(theirs.stderr));
    expect([ours.exitCode, ours.stdout]).toEqual([theirs.exitCode, theirs.stdout]);
    expect(ours.stderr).toContain('\nUsage:\n');
  });
});

describe('what etcd refuses is refused in its words', () => {
  const listen = ['--listen-client-urls=http://127.0.0.1:1'];
  inOriginal.each([
    [listen, {}],
    [['--listen-peer-urls=http://example.com:1'], {}],
    [['--listen-peer-urls=http://:1'], {}],
    [['--heartbeat-interval=0'], {}],
    [['--election-timeout=400'], {}],
    [['--election-timeout=50001'], {}],
    [['--auto-compaction-mode=x'], {}],
    [['--log-outputs=default,stderr'], {}],
    [['--config-file=/does/not/exist'], {}],
    [[], { ETCD_HEARTBEAT_INTERVAL: 'abc' }],
    [[], { ETCD_INITIAL_CLUSTER_STATE: 'abc' }],
  ])('%j %j', (argv, env) => {
    // The release at hand still needs to be told of the one log there is today.
    const both = ['--logger=zap', ...argv];
    const ours = run(OURS, both, env);
    const theirs = run(ORIGINAL, both, env);
    expect(complaint(ours.stderr)).toBe(complaint(theirs.stderr));
    expect([ours.exitCode, ours.stdout]).toEqual([theirs.exitCode, theirs.stdout]);
    expect([ours.exitCode, ours.stdout]).toEqual([1, '']);
  });
});

test('a variable beside its flag is fatal', () => {
  const { exitCode, stdout, stderr } = run(OURS, ['--name=x'], { ETCD_NAME: 'y' });
  expect([exitCode, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/"level":"fatal".*conflicting environment variable is shadowed/u);
});

test('--version prints four lines with the labels of the original', () => {
  const labels = (text: string): readonly string[] =>
    text.split('\n').map((line) => line.split(': ')[0] ?? '');
  const { exitCode, stdout, stderr } = run(OURS, ['--version']);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(labels(stdout)).toEqual(['etcd Version', 'Git SHA', 'Go Version', 'Go OS/Arch', '']);
});

test('--help prints the usage on standard error and the flags on standard output', () => {
  const { exitCode, stdout, stderr } = run(OURS, ['--help']);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^Usage:\n/u);
  expect(stdout).toMatch(/^\nMember:\n {2}--name 'default'\n/u);
});
