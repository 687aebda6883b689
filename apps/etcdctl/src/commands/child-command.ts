import { quote } from '@etcd-ts/command-line';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { bytesOf } from '../word-bytes.js';
import { passedOn } from './passed-words.js';

export interface ChildEnd {
  readonly exitCode: number;
  /** In the words of Go's os/exec; undefined: it ended with 0. */
  readonly error: string | undefined;
}

/**
 * Runs a program with this one's output and, if it is to have it, input. Words and variables stand
 * for bytes as those of a command line do (`word-bytes`).
 */
export function runChild(
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
  input: 'inherit' | 'ignore',
): Promise<ChildEnd> {
  const neverRan = (code: string | undefined): ChildEnd => ({
    exitCode: 1,
    error: startFailure(command[0] ?? '', code),
  });
  const passed = passedOn(command, variables);
  if (passed === undefined) return Promise.resolve(neverRan('ENOENT'));
  return new Promise((resolve) => {
    const child = spawn(passed.file, [...passed.args], {
      stdio: [input, 'inherit', 'inherit'],
      env: { ...process.env, ...passed.environment },
    });
    child.once('error', ({ code }: NodeJS.ErrnoException) => resolve(neverRan(code)));
    child.once('exit', (exitCode, signal) => {
      if (exitCode === 0) resolve({ exitCode, error: undefined });
      else if (exitCode !== null) resolve({ exitCode, error: `exit status ${exitCode}` });
      else resolve({ exitCode: 1, error: `signal: ${signalText(signal)}` });
    });
  });
}

/** A name without a slash is looked for; with one, it is that file or nothing. */
function startFailure(file: string, code: string | undefined): string {
  if (!file.includes('/')) {
    return `exec: ${quote(bytesOf(file))}: executable file not found in $PATH`;
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    ENOTDIR: 'not a directory',
  };
  return `fork/exec ${file}: ${reasons[code ?? ''] ?? String(code)}`;
}

function signalText(signal: NodeJS.Signals | null): string {
  const words: Readonly<Record<string, string>> = {
    SIGKILL: 'killed',
    SIGTERM: 'terminated',
    SIGINT: 'interrupt',
    SIGHUP: 'hangup',
  };
  if (signal === null) return 'unknown';
  return words[signal] ?? `signal ${constants.signals[signal]}`;
}
