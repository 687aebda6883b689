import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { BackgroundCommand, eventually, workspaceRoot } from '@etcd-ts/testkit';

import { cpuSeconds } from './cpu.js';
import type { GeneratorJob } from './generator-job.js';
import { latencyOf, type Latency } from './statistics.js';

/** What a load generator says it did. Whether that is true is checked elsewhere. */
export interface Load {
  readonly requests: number;
  readonly answered: number;
  readonly seconds: number;
  /** Bytes of answers' bodies, without headers. */
  readonly bytes: number;
  readonly generatorCpuSeconds: number;
  /** From when a request was sent until its answer was there, where the generator says so. */
  readonly latency?: Latency;
}

const CPU_POLL_MS = 20;

interface Finished {
  readonly stdout: string;
  readonly cpuSeconds: number;
}

/** Runs a program and reads its CPU time until just before it ends. */
function run(file: string, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    let used = 0;
    const poll = setInterval(() => (used = cpuSeconds(child.pid ?? 0) ?? used), CPU_POLL_MS);
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(poll);
      if (code === 0) resolve({ stdout: output.stdout, cpuSeconds: used });
      else reject(new Error(`${file} ended with ${code}: ${output.stderr || output.stdout}`));
    });
  });
}

export interface H2loadRun {
  readonly endpoint: string;
  readonly path: string;
  readonly bodyFile: string;
  /** Where h2load may write a line for each request. */
  readonly logFile: string;
  readonly requests: number;
  readonly connections: number;
  readonly streams: number;
}

/** One body, many times: a closed loop of connections times streams calls in flight. */
export async function runH2load(load: H2loadRun): Promise<Load> {
  const { stdout, cpuSeconds: used } = await run('h2load', [
    ...['-n', String(load.requests), '-c', String(load.connections), '-m', String(load.streams)],
    ...['-t', '1', '-H', 'content-type: application/grpc', '-H', 'te: trailers'],
    ...[`--log-file=${load.logFile}`, '-d', load.bodyFile],
    `http://${load.endpoint}${load.path}`,
  ]);
  const latency = latencyOf(parseH2loadLog(readFileSync(load.logFile)));
  // It appends to a file that is there already.
  rmSync(load.logFile);
  return { ...parseH2load(stdout), generatorCpuSeconds: used, latency };
}

/** Milliseconds until the end of each answer: lines of start in us, status, duration in us. */
export function parseH2loadLog(log: Buffer): readonly number[] {
  return log
    .toString('latin1')
    .trimEnd()
    .split('\n')
    .map((line) => Number(line.slice(line.lastIndexOf('\t') + 1)) / 1000);
}

/** The numbers of h2load's closing report. */
export function parseH2load(output: string): Omit<Load, 'generatorCpuSeconds'> {
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) throw new Error(`not in h2load's report: ${pattern}\n${output}`);
    return Number(found);
  };
  const finished = /finished in ([0-9.]+)(us|ms|s|m)\b/.exec(output);
  const unit = { us: 1e-6, ms: 1e-3, s: 1, m: 60 }[finished?.[2] ?? ''];
  if (finished === null || unit === undefined) throw new Error(`no duration in: ${output}`);
  return {
    requests: number(/requests: (\d+) total/),
    answered: number(/(\d+) succeeded/),
    seconds: Number(finished[1]) * unit,
    bytes: number(/\((\d+)\) data/),
  };
}

export interface WrkRun {
  readonly url: string;
  /** A Lua file that says what to send. */
  readonly script: string;
  readonly connections: number;
  readonly seconds: number;
}

/** The same request over HTTP/1.1, as often as it is answered; an answer but 2xx is a failure. */
export async function runWrk(load: WrkRun): Promise<Load> {
  const { stdout, cpuSeconds: used } = await run('wrk', [
    ...['-t', '1', '-c', String(load.connections), '-d', `${Math.ceil(load.seconds)}s`],
    ...['-s', load.script, load.url],
  ]);
  return { ...parseWrk(stdout), generatorCpuSeconds: used };
}

/** The numbers of wrk's report. */
export function parseWrk(output: string): Omit<Load, 'generatorCpuSeconds'> {
  const report = /(\d+) requests in ([0-9.]+)(s|m), ([0-9.]+)(B|KB|MB|GB) read/u.exec(output);
  if (report === null) throw new Error(`no figures in: ${output}`);
  const [, requests = '', time = '', unit, size = '', sizeUnit = ''] = report;
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/u.exec(output)?.[1] ?? 0);
  return {
    requests: Number(requests),
    answered: Number(requests) - refused,
    seconds: Number(time) * (unit === 'm' ? 60 : 1),
    bytes: Number(size) * 1024 ** ['B', 'KB', 'MB', 'GB'].indexOf(sizeUnit),
  };
}

const generatorArguments = (job: GeneratorJob): readonly string[] => [
  join(workspaceRoot(), 'dist', 'tools', 'bench', 'generator.cjs'),
  JSON.stringify(job),
];

/** Our own generator, in a process of its own. */
export async function runGenerator(job: GeneratorJob): Promise<Load> {
  const { stdout } = await run(process.execPath, generatorArguments(job));
  return parseGenerator(stdout);
}

function parseGenerator(stdout: string): Load {
  const { cpuSeconds: used, ...load } = JSON.parse(stdout) as Load & { cpuSeconds: number };
  return { ...load, generatorCpuSeconds: used };
}

/** A generator that goes on until it is told to end. */
export class BackgroundGenerator {
  readonly #command: BackgroundCommand;
  /** Rejects when the generator ends with an error. */
  readonly #failed: Promise<never>;

  constructor(job: GeneratorJob) {
    this.#command = new BackgroundCommand(process.execPath, generatorArguments(job));
    this.#failed = new Promise((_, reject) => {
      void this.#command.ended.then(({ stderr, exitCode }) => {
        if (exitCode !== 0) reject(new Error(`the generator ended with ${exitCode}: ${stderr}`));
      }, reject);
    });
    // It counts for those who wait for something of the generator.
    this.#failed.catch(() => undefined);
  }

  /** For jobs that say when they have begun. */
  async ready(timeoutMs: number): Promise<void> {
    const isReady = (): true | undefined =>
      this.#command.stderr.includes('ready\n') ? true : undefined;
    await this.during(eventually('the generator is ready', isReady, timeoutMs));
  }

  /** Waits for what goes on meanwhile, but no longer than the generator lives. */
  async during(meanwhile: Promise<void | true>): Promise<void> {
    // It goes on when the generator has failed, and nobody asks for its end any more.
    meanwhile.catch(() => undefined);
    await Promise.race([meanwhile, this.#failed]);
  }

  async stop(): Promise<Load> {
    this.#command.endInput();
    const { stdout } = await Promise.race([this.#command.ended, this.#failed]);
    return parseGenerator(stdout);
  }

  /** For when its figures are not wanted any more. */
  async kill(): Promise<void> {
    await this.#command.stop('SIGKILL');
  }
}
