import { join } from 'node:path';

import { runCommand, workspaceRoot, type CommandResult } from '@etcd-ts/testkit';

/** The whole campaign is a command; here it shows that it works, and that it would find something. */
function campaign(...options: readonly string[]): Promise<CommandResult> {
  const program = join(workspaceRoot(), 'e2e', 'main.mjs');
  return runCommand(process.execPath, [program, 'crash-images', ...options], {
    timeoutMs: 240_000,
  });
}

function numberBefore(text: string, words: string): number {
  return Number(new RegExp(`(\\d+) ${words}`, 'u').exec(text)?.[1]);
}

describe('a member whose machine lost power at any moment', () => {
  it('starts from what is left, with every acknowledged change and the same hashes', async () => {
    const seed = String(Math.floor(Date.now() / 1000) % 1_000_000);
    const options = ['--operations', '80', '--share', '0.07', '--seed', seed];
    const { stdout, exitCode } = await campaign(...options);
    expect(stdout).toContain(' 0 violations');
    expect(exitCode).toBe(0);
    expect(numberBefore(stdout, 'different ones')).toBeGreaterThan(80);
    expect(numberBefore(stdout, 'of them after a loss of power')).toBeGreaterThan(50);
  });

  it('would not, were it not for the fsyncs', async () => {
    const options = ['--operations', '20', '--share', '0.02', '--lying-disk'];
    const { stdout, exitCode } = await campaign(...options);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('acknowledged changes are lost');
  });
});
