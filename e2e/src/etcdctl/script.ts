import type { CommandOptions } from '@etcd-ts/testkit';

import type { EtcdctlPair } from './pair.js';

/** A command line as a user types it, without the `etcdctl`; with what is typed into it, if any. */
export type Step = string | { readonly line: string; readonly stdin: string };

/** Splits at spaces; quotes keep spaces and may be empty, as in a shell. */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  for (const [, single, double, plain] of line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)) {
    words.push(single ?? double ?? plain ?? '');
  }
  return words;
}

/** Runs one step on both servers; a difference in output or exit code fails the test. */
export async function expectSame(pair: EtcdctlPair, step: Step): Promise<void> {
  const line = typeof step === 'string' ? step : step.line;
  const options: CommandOptions = typeof step === 'string' ? {} : { stdin: step.stdin };
  const { ours, reference } = await pair.run(splitLine(line), options);
  expect(ours).toEqual(reference);
}

/** One test per line; the lines build on each other, in order, over the same two servers. */
export function itAnswersTheSame(pair: () => EtcdctlPair, steps: readonly Step[]): void {
  it.each(steps.map((step) => [typeof step === 'string' ? step : step.line, step] as const))(
    '%s',
    async (_line, step) => expectSame(pair(), step),
  );
}

const FORMATS = ['simple', 'json', 'fields', 'protobuf', 'table'];

/** The same command in every output format (an unsupported one is an answer, too). */
export function inEveryFormat(line: string): string[] {
  return FORMATS.map((format) => `${line} -w ${format}`);
}
