import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, runCommand, workspaceRoot } from '@etcd-ts/testkit';

import { NameServer, withNameserver } from '../discovery/name-server.js';
import { PageAddresses } from './page-addresses.js';
import { atHost } from './page.js';
import type { Host } from './page.js';
import { recordsOf } from './zone.js';

const ROOT = workspaceRoot();
const COMMAND_LIMIT_MS = 120_000;
const START_LIMIT_MS = 120_000;
/** A work tree's own word, when a source is newer than what was built. */
const BUILDING = /^[\w-]+: building .*\n/gmu;
/** A command whose program goes on behind it, and where that one writes. */
const IN_BACKGROUND = /> (\S+) 2>&1 &$/u;
const SERVES =
  /ready to (?:serve|proxy) client requests|listening for gRPC proxy|discovery service is ready/u;

/** Does what a page says, in a directory of its own, with this repository's programs on the path. */
export class Reader {
  readonly #directory: string;
  readonly #addresses = new PageAddresses();
  readonly #groups: ChildProcess[] = [];
  #names: NameServer | undefined;
  #commands = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * What it prints, both ways together, with the addresses of the page; rejects when it fails. At each
   * host, the first of which is the command's own, if there are any.
   */
  async command(text: string, hosts: readonly Host[] = []): Promise<string> {
    const [first] = hosts;
    const all = first === undefined ? [text] : hosts.map((host) => atHost(text, first, host));
    const commands: string[] = [];
    for (const each of all) commands.push(await this.#addresses.onThisMachine(each));
    let printed = '';
    for (const command of commands) printed += await this.#run(command);
    // Of several members none may serve before the others are there.
    for (const command of commands) await this.#serving(command);
    return this.#addresses.ofThePage(printed);
  }

  async #run(command: string): Promise<string> {
    const log = join(this.#directory, `.command-${++this.#commands}`);
    const output = openSync(log, 'w');
    const env = {
      ...process.env,
      PATH: `${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`,
      ETCDCTL_ENDPOINTS: '',
    };
    const names = this.#names;
    const wrapper = names === undefined ? [] : withNameserver(this.#directory, names.host);
    const [file = '', ...args] = [...wrapper, 'bash', '-c', command];
    const child = spawn(file, args, {
      cwd: this.#directory,
      env,
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    this.#groups.push(child);
    const limit = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    // Not `close`: what it has left running goes on writing.
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearTimeout(limit);
    const printed = readFileSync(log, 'utf8').replaceAll(BUILDING, '');
    if (code !== 0 && printed === '') throw new Error(`${command}: exit code ${String(code)}`);
    return printed;
  }

  /** Bundled as this repository's own programs are. */
  async program(text: string): Promise<string> {
    const source = join(this.#directory, 'program.ts');
    const bundle = join(ROOT, 'dist', 'docs', `program.${process.pid}.cjs`);
    writeFileSync(source, await this.#addresses.onThisMachine(text));
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
    return this.#addresses.ofThePage(stdout + stderr);
  }

  /** Answers names from now on as the records say. */
  async zone(text: string): Promise<void> {
    const { services, hosts } = recordsOf(await this.#addresses.onThisMachine(text));
    this.#names = await NameServer.start(services, hosts);
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
    await this.#names?.dispose();
  }

  async #serving(command: string): Promise<void> {
    const log = IN_BACKGROUND.exec(command.trimEnd())?.[1];
    if (log === undefined) return;
    const path = join(this.#directory, log);
    const said = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    await eventually(
      `${command} serves`,
      () => (SERVES.test(said()) ? true : undefined),
      START_LIMIT_MS,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${said().slice(-4000)}`, { cause: error });
    });
  }
}
