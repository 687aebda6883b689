import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface ChildEnd {
  readonly exitCode: number;
  /** In the words of Go's os/exec; undefined: it ended with 0. */
  readonly error: string | undefined;
}

/** Runs a program with this one's output and, if it is to have it, input. */
export function runChild(
  [file = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  input: 'inherit' | 'ignore',
): Promise<ChildEnd> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: [input, 'inherit', 'inherit'],
      env: { ...process.env, ...environment },
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      const why = isMissing ? 'executable file not found in $PATH' : error.message;
      resolve({ exitCode: 1, error: `exec: ${JSON.stringify(file)}: ${why}` });
    });
    child.once('exit', (exitCode, signal) => {
      if (exitCode === 0) resolve({ exitCode, error: undefined });
      else if (exitCode !== null) resolve({ exitCode, error: `exit status ${exitCode}` });
      else resolve({ exitCode: 1, error: `signal: ${signalText(signal)}` });
    });
  });
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
