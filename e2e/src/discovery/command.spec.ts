import { join } from 'node:path';
import {
  BackgroundCommand,
  createScratchDirectory,
  eventually,
  removeScratchDirectory,
  runCommand,
  workspaceRoot,
} from '@etcd-ts/testkit';

const LAUNCHER = join(workspaceRoot(), 'bin', 'etcd-discovery');

describe('the etcd-discovery command', () => {
  it('needs no options: it serves on port 8087, and says what it does when it starts and ends', async () => {
    const cwd = createScratchDirectory('discovery');
    const command = new BackgroundCommand(LAUNCHER, [], { cwd });
    await eventually('the service is ready', () =>
      command.stderr.includes('discovery service is ready') ? true : undefined,
    );
    const token = await (await fetch('http://127.0.0.1:8087/new')).text();
    expect(token).toMatch(/^http:\/\/127\.0\.0\.1:8087\/[0-9a-f]{32}$/u);
    const { signal, stderr } = await command.stop('SIGTERM');
    expect(signal).toBe('SIGTERM');
    const messages = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toEqual([
      'starting',
      'discovery service is ready',
      'notifying init daemon',
      'successfully notified init daemon',
      'token created',
      'received signal; shutting down',
      'stopping',
      'stopped',
    ]);
    // Who has a token may join its cluster.
    expect(stderr).not.toContain(token.slice(-32));
    removeScratchDirectory(cwd);
  });

  it('explains every option', async () => {
    const { stdout, exitCode } = await runCommand(LAUNCHER, ['--help']);
    expect(exitCode).toBe(0);
    for (const name of ['addr', 'host', 'data-dir', 'endpoints', 'ttl', 'new-per-minute']) {
      expect(stdout).toContain(`  --${name}`);
    }
    expect(stdout).toContain("curl 'http://localhost:8087/new?size=3'");
  });

  it.each([
    [['--bogus'], 'unknown option: --bogus'],
    [['extra'], '"extra" is not an option'],
    [['--ttl', '1s'], 'invalid value "1s" for --ttl'],
    [['--host', 'http://x/path'], '--host must be a URL without path'],
    [['--cert-file', 'x'], '--cert-file and --key-file go together'],
    [['--v3-endpoints', 'x:1'], '--v3-endpoints is of no use without --endpoints'],
    [['--log-level', 'loud'], 'unknown --log-level loud'],
  ])('says what is wrong with %j', async (args, message) => {
    const { exitCode, stderr } = await runCommand(LAUNCHER, args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('says why it cannot start', async () => {
    const args = ['--addr', '127.0.0.1:0', '--data-dir', '/dev/null/nowhere'];
    const { exitCode, stderr } = await runCommand(LAUNCHER, args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cannot use the data directory /dev/null/nowhere');
  });
});
