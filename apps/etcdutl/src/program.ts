import { runProgram, usageText } from '@etcd-ts/command-line';
import type { Streams } from '@etcd-ts/command-line';
import { errorText } from '@etcd-ts/daemon';
import { COMMANDS } from './commands/index.js';

/** Runs a command line to its exit code. */
export const runEtcdutl = (words: readonly string[], streams: Streams): Promise<number> =>
  runProgram(COMMANDS, words, {
    streams,
    helpText: usageText,
    complaint: (path, message) => ({ out: '', error: `Error: ${message}\n${usageText(path)}\n` }),
    callOf: (parsed) => ({ ...parsed, streams }),
    failureText: errorText,
  });
