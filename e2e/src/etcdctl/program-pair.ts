import { join } from 'node:path';

import { BackgroundCommand, EtcdProcess, runCommand, workspaceRoot } from '@etcd-ts/testkit';
import type { CommandOptions, CommandResult, Flavour } from '@etcd-ts/testkit';

import { normalise } from './normalise.js';
import type { Both } from './pair.js';
import { forgiveIntended } from './program-differences.js';
import { splitLine, type Step } from './script.js';

const LAUNCHER = join(workspaceRoot(), 'bin', 'etcdctl');
/** What the launcher runs; directly, so that it does not look for newer sources at every line. */
const BUNDLE = join(workspaceRoot(), 'dist', 'apps', 'etcdctl', 'main.cjs');
const PROGRAMS: Both<readonly [file: string, ...args: string[]]> = {
  ours: [process.execPath, BUNDLE],
  reference: ['etcdctl'],
};

const BUILD_TIMEOUT_MS = 120_000;

/** Our etcdctl and the original's, each at a server of its own; the two servers are of one kind. */
export class ProgramPair {
  readonly #nodes: Both<EtcdProcess>;
  readonly #wrapper: readonly string[];
  readonly #names: { readonly placeholder: string; readonly values: Both<string> }[] = [];

  static async start(flavour: Flavour): Promise<ProgramPair> {
    const starting = [EtcdProcess.start({ flavour }), EtcdProcess.start({ flavour })] as const;
    const [ours, reference] = await Promise.allSettled(starting);
    if (ours.status === 'fulfilled' && reference.status === 'fulfilled') {
      return new ProgramPair({ ours: ours.value, reference: reference.value });
    }
    for (const node of [ours, reference])
      if (node.status === 'fulfilled') await node.value.dispose();
    throw new Error(`not both servers started (${flavour})`);
  }

  /** Both programs at one server; run by another that is no more than around them. */
  static at(node: EtcdProcess, wrapper: readonly string[] = []): ProgramPair {
    return new ProgramPair({ ours: node, reference: node }, wrapper);
  }

  private constructor(nodes: Both<EtcdProcess>, wrapper: readonly string[] = []) {
    this.#nodes = nodes;
    this.#wrapper = wrapper;
  }

  /** From now on `{placeholder}` in a line means each server's own value. */
  bind(placeholder: string, values: Both<string>): void {
    this.#names.push({ placeholder: `{${placeholder}}`, values });
  }

  /** What a user sees of each, without what must differ. */
  async run(line: string, options: CommandOptions = {}): Promise<Both<CommandResult>> {
    const { ours, reference } = await this.raw(line, options);
    return {
      ours: forgiveIntended(line, this.#seen('ours', ours)),
      reference: forgiveIntended(line, this.#seen('reference', reference)),
    };
  }

  /** The same, untouched. */
  async raw(line: string, options: CommandOptions = {}): Promise<Both<CommandResult>> {
    const [ours, reference] = await Promise.all([
      this.one('ours', line, options),
      this.one('reference', line, options),
    ]);
    return { ours, reference };
  }

  /** One program alone. */
  one(side: Flavour, line: string, options: CommandOptions = {}): Promise<CommandResult> {
    const { stdin } = options;
    const input = typeof stdin === 'string' ? { stdin: this.#fill(side, stdin) } : {};
    const [file, args] = this.command(side, line);
    return runCommand(file, args, {
      ...options,
      ...input,
      env: { ETCDCTL_API: '3', ...options.env },
    });
  }

  command(side: Flavour, line: string): [program: string, args: string[]] {
    const [file = '', ...args] = [...this.#wrapper, ...PROGRAMS[side]];
    return [file, [...args, ...this.#words(side, line)]];
  }

  /** For what goes on until it is stopped. */
  start(line: string): Both<BackgroundCommand> {
    const startOn = (side: Flavour): BackgroundCommand =>
      new BackgroundCommand(...this.command(side, line), { env: { ETCDCTL_API: '3' } });
    return { ours: startOn('ours'), reference: startOn('reference') };
  }

  endpoint(side: Flavour): string {
    return this.#nodes[side].endpoint;
  }

  async dispose(): Promise<void> {
    const nodes = new Set([this.#nodes.ours, this.#nodes.reference]);
    await Promise.all([...nodes].map((node) => node.dispose()));
  }

  #words(side: Flavour, line: string): string[] {
    const words = splitLine(this.#fill(side, line));
    const isTold = words.includes('--endpoints') || words.includes('--discovery-srv');
    const endpoints = isTold ? [] : ['--endpoints', this.endpoint(side)];
    return [...endpoints, ...words];
  }

  #seen(side: Flavour, result: CommandResult): CommandResult {
    const text = (output: string): string => {
      let seen = normalise(output, this.endpoint(side));
      for (const { placeholder, values } of this.#names) {
        seen = seen.replaceAll(values[side], placeholder);
        seen = seen.replaceAll(BigInt(`0x${values[side]}`).toString(), placeholder);
      }
      return seen;
    };
    return { ...result, stdout: text(result.stdout), stderr: text(result.stderr) };
  }

  #fill(side: Flavour, text: string): string {
    const named = this.#names.reduce(
      (filled, { placeholder, values }) => filled.replaceAll(placeholder, values[side]),
      text,
    );
    return named.replaceAll('{endpoint}', this.endpoint(side));
  }
}

export const useProgramPair = (flavour: Flavour): (() => ProgramPair) =>
  useStartedPair(() => ProgramPair.start(flavour));

export function useStartedPair(start: () => Promise<ProgramPair>): () => ProgramPair {
  let pair: ProgramPair | undefined;
  beforeAll(async () => {
    await runCommand(LAUNCHER, ['version'], { timeoutMs: BUILD_TIMEOUT_MS });
    pair = await start();
  });
  afterAll(() => pair?.dispose());
  return () => {
    if (pair === undefined) throw new Error('the servers of this file did not start');
    return pair;
  };
}

/** One test per line; the lines build on each other, in order. */
export function itPrintsTheSame(pair: () => ProgramPair, steps: readonly Step[]): void {
  it.each(steps.map((step) => (typeof step === 'string' ? { line: step } : step)))(
    '$line',
    async ({ line, ...options }) => {
      const { ours, reference } = await pair().run(line, options);
      expect(ours).toEqual(reference);
    },
  );
}
