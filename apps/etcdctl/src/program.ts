import { runProgram } from '@etcd-ts/command-line';
import { COMMANDS } from './commands/index.js';
import { failureText } from './failure.js';
import type { Surroundings } from './invocation.js';
import { Invocation } from './invocation.js';
import { usageText } from './usage.js';

/** Runs a command line to its exit code. */
export function runEtcdctl(words: readonly string[], surroundings: Surroundings): Promise<number> {
  return runProgram(COMMANDS, words, {
    streams: surroundings.streams,
    helpText: usageText,
    complaint: (path, message) => ({ out: usageText(path), error: `Error: ${message}\n\n` }),
    callOf: (parsed) => new Invocation({ ...parsed, surroundings }),
    failureText,
  });
}
