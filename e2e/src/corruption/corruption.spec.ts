import { join } from 'node:path';

import { runCommand, workspaceRoot } from '@etcd-ts/testkit';

/** The whole campaign is a command; here it shows that it works. */
describe('a member of whose files one bit has flipped', () => {
  it('refuses to serve, repairs it, or answers as before: never something else', async () => {
    const seed = String(Math.floor(Date.now() / 1000) % 1_000_000);
    const program = join(workspaceRoot(), 'e2e', 'main.mjs');
    const options = ['corruption', '--flips', '60', '--seed', seed];
    const { stdout, exitCode } = await runCommand(process.execPath, [program, ...options], {
      timeoutMs: 280_000,
    });
    expect({ stdout, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/60 flips.*log: .*named/u);
  });
});
