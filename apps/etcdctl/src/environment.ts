import { ExitCode, ExitError } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { packageLogLine } from './log-line.js';

const PREFIX = 'ETCDCTL_';
/** Read by others, or by nobody any more. */
const NOT_FLAGS = new Set(['ETCDCTL_API', 'ETCDCTL_WATCH_KEY', 'ETCDCTL_WATCH_RANGE_END']);

/** `ETCDCTL_WRITE_OUT` of `write-out`. */
export const variableOf = (flag: string): string =>
  `${PREFIX}${flag.toUpperCase().replaceAll('-', '_')}`;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Flags that were not given take the value of their variable. A flag and its variable at once is an
 * error, because nobody can tell which was meant. `warn` gets lines about variables that mean nothing.
 */
export function applyEnvironment(
  values: FlagValues,
  names: readonly string[],
  environment: Environment,
  warn: (line: string) => void,
): void {
  const variables = new Map(names.map((name) => [variableOf(name), name]));
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || variables.has(variable)) continue;
    if (NOT_FLAGS.has(variable)) continue;
    warn(packageLogLine('W', `unrecognized environment variable ${variable}=${value ?? ''}`));
  }
  for (const [variable, name] of variables) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    if (values.isGiven(name)) {
      const message =
        `conflicting environment variable ${JSON.stringify(variable)} is shadowed by ` +
        'corresponding command-line flag (either unset environment variable or disable flag)';
      warn(packageLogLine('C', message));
      throw new ExitError(ExitCode.error, '');
    }
    const flag = values.find(name);
    // A value that does not parse leaves the default, as in the original.
    if (flag !== undefined) values.set(flag, value);
  }
}
