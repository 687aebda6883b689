import { join } from 'node:path';
import { runCommand, workspaceRoot, type CommandResult } from '@etcd-ts/testkit';

/** Generous: the launcher may have to build first. */
const TIMEOUT_MS = 120_000;

/** Runs our etcdutl to its end. */
export function etcdutl(...args: readonly string[]): Promise<CommandResult> {
  return runCommand(join(workspaceRoot(), 'bin', 'etcdutl'), args, { timeoutMs: TIMEOUT_MS });
}
