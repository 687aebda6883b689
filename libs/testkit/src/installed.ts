import { spawnSync } from 'node:child_process';

/**
 * Whether this machine has a program and may run it: with these arguments it ends well. Tests with
 * programs that are not a part of this repository are left out where it does not.
 */
export const isInstalled = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args.length > 0 ? args : ['--version'], { stdio: 'ignore' }).status === 0;
