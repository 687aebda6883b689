import {
  BackgroundCommand,
  runCommand,
  type CommandOptions,
  type CommandResult,
} from './command.js';
import { ETCDCTL_COMMAND } from './server-command.js';

/** Runs the original etcdctl, API 3, against one endpoint. */
export function etcdctl(
  endpoint: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return runCommand(ETCDCTL_COMMAND, ['--endpoints', endpoint, ...args], {
    ...options,
    env: { ETCDCTL_API: '3', ...options.env },
  });
}

/** The same for commands that go on until they are stopped: watch, lock, elect, keep-alive. */
export function startEtcdctl(
  endpoint: string,
  args: readonly string[],
  options: CommandOptions = {},
): BackgroundCommand {
  return new BackgroundCommand(ETCDCTL_COMMAND, ['--endpoints', endpoint, ...args], {
    ...options,
    env: { ETCDCTL_API: '3', ...options.env },
  });
}
