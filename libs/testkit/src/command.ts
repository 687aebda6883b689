import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

export interface CommandOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The command is killed after it; the result then has the signal. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** A program that runs beside the test: its input stays open and its output can be read so far. */
export class BackgroundCommand {
  readonly ended: Promise<CommandResult>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];

  constructor(file: string, args: readonly string[], options: CommandOptions = {}) {
    const child = spawn(file, args, {
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    // A program that ends without reading its input breaks the pipe: its exit code tells why.
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) =>
        resolve({ stdout: this.stdout, stderr: this.stderr, exitCode, signal }),
      );
    });
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString('utf8');
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString('utf8');
  }

  write(text: string | Uint8Array): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<CommandResult> {
    this.#child.kill(signal);
    return this.ended;
  }
}

/** Runs a program to its end. Only a program that cannot be started rejects. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const command = new BackgroundCommand(file, args, options);
  if (options.stdin !== undefined) command.write(options.stdin);
  command.endInput();
  const timer = setTimeout(
    () => void command.stop('SIGKILL').catch(() => undefined),
    options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  );
  try {
    return await command.ended;
  } finally {
    clearTimeout(timer);
  }
}
