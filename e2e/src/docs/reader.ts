import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freePort, runCommand, workspaceRoot } from '@etcd-ts/testkit';

const ROOT = workspaceRoot();
const COMMAND_LIMIT_MS = 120_000;
const START_LIMIT_MS = 120_000;
/** 2379 and what begins like it: the ports of pages, which may be somebody else's on this machine. */
const PORTS = /\b[1-4]?23[78]\d\b/gu;
/** A work tree's own word, when a source is newer than what was built. */
const BUILDING = /^[\w-]+: building .*\n/gmu;
const LISTENS = /--listen-client-urls[= ]https?:\/\/127\.0\.0\.1:(\d+)/u;

/** Does what a page says, in a directory of its own, with this repository's programs on the path. */
export class Reader {
  readonly #directory: string;
  readonly #groups: ChildProcess[] = [];
  readonly #ports = new Map<string, number>();
  #commands = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What it prints, both ways together, with the ports of the page; rejects when it fails. */
  async command(text: string): Promise<string> {
    const command = await this.#withFreePorts(text);
    const log = join(this.#directory, `.command-${++this.#commands}`);
    const output = openSync(log, 'w');
    const env = {
      ...process.env,
      PATH: `${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`,
      ETCDCTL_ENDPOINTS: '',
    };
    const options = { cwd: this.#directory, env, stdio: ['ignore', output, output] as const };
    const child = spawn('bash', ['-c', command], {
      ...options,
      stdio: [...options.stdio],
      detached: true,
    });
    closeSync(output);
    this.#groups.push(child);
    const limit = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    // Not `close`: what it has left running goes on writing.
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearTimeout(limit);
    const printed = this.#withPagePorts(readFileSync(log, 'utf8')).replaceAll(BUILDING, '');
    if (code !== 0 && printed === '') throw new Error(`${text}: exit code ${String(code)}`);
    if (command.trimEnd().endsWith('&')) await this.#serving(command);
    return printed;
  }

  /** Bundled as this repository's own programs are. */
  async program(text: string): Promise<string> {
    const source = join(this.#directory, 'program.ts');
    const bundle = join(ROOT, 'dist', 'docs', `program.${process.pid}.cjs`);
    writeFileSync(source, await this.#withFreePorts(text));
    const built = await runCommand(join(ROOT, 'node_modules', '.bin', 'esbuild'), [
      ...[source, '--bundle', '--platform=node', '--target=node20', '--format=cjs'],
      ...['--external:@node-rs/bcrypt', '--external:better-sqlite3', '--external:koffi'],
      ...['--drop-labels=FAILPOINT', '--log-level=error', `--outfile=${bundle}`],
      `--tsconfig=${join(ROOT, 'tsconfig.base.json')}`,
    ]);
    if (built.exitCode !== 0) throw new Error(built.stderr);
    const { stdout, stderr } = await runCommand(process.execPath, [bundle], {
      cwd: this.#directory,
      timeoutMs: COMMAND_LIMIT_MS,
    });
    return this.#withPagePorts(stdout + stderr);
  }

  /** Ends what the page has left running. */
  async close(): Promise<void> {
    for (const { pid } of this.#groups) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }

  async #serving(command: string): Promise<void> {
    const port = LISTENS.exec(command)?.[1] ?? String(this.#ports.get('2379') ?? 2379);
    await eventually(
      `a server on port ${port}`,
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/version`).catch(() => undefined);
        return answer?.ok === true ? true : undefined;
      },
      START_LIMIT_MS,
    );
  }

  async #withFreePorts(text: string): Promise<string> {
    // The defaults of the programs, even where a page does not name them.
    for (const [name] of text.matchAll(PORTS)) {
      if (!this.#ports.has(name)) this.#ports.set(name, await freePort());
    }
    return text.replaceAll(PORTS, (name) => String(this.#ports.get(name)));
  }

  #withPagePorts(output: string): string {
    let text = output;
    for (const [name, port] of this.#ports) text = text.replaceAll(String(port), name);
    return text;
  }
}
