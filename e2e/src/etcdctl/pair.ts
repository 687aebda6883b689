import { etcdctl, EtcdProcess, startEtcdctl, type BackgroundCommand } from '@etcd-ts/testkit';
import type { CommandOptions, CommandResult, Flavour } from '@etcd-ts/testkit';

import { normalise } from './normalise.js';

const SIDES: readonly Flavour[] = ['ours', 'reference'];

export interface Both<T> {
  readonly ours: T;
  readonly reference: T;
}

/** One of our nodes and one of the original, driven by the same etcdctl command lines. */
export class EtcdctlPair {
  readonly #nodes: Both<EtcdProcess>;
  readonly #names: { readonly placeholder: string; readonly values: Both<string> }[] = [];

  static async start(flags: readonly string[] = []): Promise<EtcdctlPair> {
    const [ours, reference] = await Promise.allSettled([
      EtcdProcess.start({ flavour: 'ours', flags }),
      EtcdProcess.start({ flavour: 'reference', flags }),
    ]);
    if (ours.status === 'fulfilled' && reference.status === 'fulfilled') {
      return new EtcdctlPair({ ours: ours.value, reference: reference.value });
    }
    for (const started of [ours, reference]) {
      if (started.status === 'fulfilled') await started.value.dispose();
    }
    throw new Error('not both nodes started', {
      cause: [ours, reference].find(({ status }) => status === 'rejected'),
    });
  }

  private constructor(nodes: Both<EtcdProcess>) {
    this.#nodes = nodes;
  }

  /**
   * From now on `{placeholder}` in arguments and input means each side's own value (a lease id,
   * say), and the value in outputs reads as the placeholder.
   */
  bind(placeholder: string, values: Both<string>): void {
    this.#names.push({ placeholder: `{${placeholder}}`, values });
  }

  /** Runs the command on both sides and gives what a user would see, without what must differ. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<Both<CommandResult>> {
    const { ours, reference } = await this.raw(args, options);
    return { ours: this.#seen('ours', ours), reference: this.#seen('reference', reference) };
  }

  /** The same, untouched. */
  async raw(args: readonly string[], options: CommandOptions = {}): Promise<Both<CommandResult>> {
    const runOn = (side: Flavour): Promise<CommandResult> =>
      etcdctl(this.#nodes[side].endpoint, this.#filled(side, args), {
        ...options,
        ...(typeof options.stdin === 'string' ? { stdin: this.#fill(side, options.stdin) } : {}),
      });
    const [ours, reference] = await Promise.all([runOn('ours'), runOn('reference')]);
    return { ours, reference };
  }

  start(args: readonly string[], options: CommandOptions = {}): Both<BackgroundCommand> {
    const startOn = (side: Flavour): BackgroundCommand =>
      startEtcdctl(this.#nodes[side].endpoint, this.#filled(side, args), options);
    return { ours: startOn('ours'), reference: startOn('reference') };
  }

  text(side: Flavour, output: string): string {
    let text = normalise(output, this.#nodes[side].endpoint);
    for (const { placeholder, values } of this.#names) {
      text = text.replaceAll(values[side], placeholder);
      text = text.replaceAll(BigInt(`0x${values[side]}`).toString(), placeholder);
    }
    return text;
  }

  async dispose(): Promise<void> {
    await Promise.all(SIDES.map((side) => this.#nodes[side].dispose()));
  }

  #seen(side: Flavour, result: CommandResult): CommandResult {
    return {
      ...result,
      stdout: this.text(side, result.stdout),
      stderr: this.text(side, result.stderr),
    };
  }

  #filled(side: Flavour, args: readonly string[]): string[] {
    return args.map((argument) => this.#fill(side, argument));
  }

  #fill(side: Flavour, text: string): string {
    return this.#names.reduce(
      (filled, { placeholder, values }) => filled.replaceAll(placeholder, values[side]),
      text,
    );
  }
}

/** A pair for all tests of one file: started before the first, ended after the last. */
export function usePair(flags: readonly string[] = []): () => EtcdctlPair {
  let pair: EtcdctlPair | undefined;
  beforeAll(async () => {
    pair = await EtcdctlPair.start(flags);
  });
  afterAll(() => pair?.dispose());
  return () => {
    if (pair === undefined) throw new Error('the nodes of this file did not start');
    return pair;
  };
}
