import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './source-tree.js';

export interface CommandResult {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the script of an installed tool from the root, as a developer would, and feeds it `input`. */
export function runTool(script: string, args: readonly string[], input = ''): CommandResult {
  const env: NodeJS.ProcessEnv = { ...process.env, NX_DAEMON: 'false', FORCE_COLOR: '0' };
  // A tool must not think that it is itself a test.
  delete env['JEST_WORKER_ID'];
  delete env['NODE_ENV'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules', script), ...args],
    { cwd: ROOT, env, input, encoding: 'utf8', timeout: 180_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return { status, output: stdout + stderr };
}
