import type { Input } from '../input.js';
import { runEtcdctl } from '../program.js';

export interface Seen {
  readonly out: string;
  readonly error: string;
  readonly exitCode: number;
}

/** For specs: a command line as somebody types it, without a cluster. */
export async function typed(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  let out = '';
  let error = '';
  const input: Input = {
    all: async () => Buffer.alloc(0),
    line: async () => undefined,
    secret: async () => '',
  };
  const exitCode = await runEtcdctl(words, {
    streams: {
      out: (bytes) => void (out += Buffer.from(bytes).toString()),
      error: (text) => void (error += text),
    },
    input,
    environment,
    interrupts: () => new AbortController().signal,
  });
  return { out, error, exitCode };
}
