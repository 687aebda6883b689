import { ExitError, FlagValues, parseFlags, parseInteger, quote } from '@etcd-ts/command-line';
import { assert, formatGoDuration, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { parseCompare, parseOperation } from '../commands/txn-lines.js';
import { WATCH } from '../commands/watch.js';
import { watchArguments, watchedKeys } from '../commands/watch-arguments.js';
import { splitWords } from '../commands/words.js';
import { WHOLE } from '../testing/requests.js';
import { typed } from '../testing/typed.js';

const CASES = 100;
const COMMAND_LINES = 2;
export const shareCases = 800;
const LINES = [
  'mod("key") > "0"',
  'value("a\\"b\\x00") = "v\\u00e9\\U0001F600"',
  'lease("k") != "1f"',
  'put key "a value" --lease=1234 --prev-kv',
  "get 'k 1' --prefix --limit=0x10 --order=DESCEND --sort-by MODIFY",
  'del a b --from-key=false --prev-kv --range',
  'watch --rev=5 --prefix foo -- echo "a b"',
  'watch a b --progress-notify --prev-kv=1',
];
const WORDS = ['"', "'", '\\', '--', '-', '=', '\\777', '\\UFFFFFFFF', '--rev', '-i', '()', '\0'];
/** Commands that end before they need a cluster when something is wrong with them, or that need none. */
const COMMANDS = [
  'version',
  'help get',
  'get',
  'txn x',
  'watch',
  'lease grant x',
  'role add',
  'completion bash',
  'get --consistency=x a',
  'snapshot status',
  'member add a --peer-urls=',
  '--command-timeout=5x endpoint',
];

/** Lines of transactions and watches, and whole command lines: taken, or refused in words. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const line = mutateText(rng, pick(rng, LINES), [...WORDS, ...ODD_WORDS]);
    try {
      await checkLine(line);
    } catch (error) {
      throw new Error(JSON.stringify(line), { cause: error });
    }
  }
  for (let i = 0; i < COMMAND_LINES; i++) await checkCommand(rng);
  return CASES + COMMAND_LINES;
}

async function checkLine(line: string): Promise<void> {
  const words = refusable(() => splitWords(line)) ?? [];
  const text = line.replaceAll(/[\ud800-\udfff]/gu, '');
  assert(splitWords(quote(text))[0] === text, () => `${quote(text)} is another word`);
  const condition = refusable(() => parseCompare(line));
  condition?.(WHOLE);
  await parseOperation(line).catch(expectRefusal);
  refusable(() => {
    const flags = new FlagValues(WATCH.flags ?? []);
    const parsed = parseFlags(flags, words);
    if (parsed.kind === 'error') return assert(parsed.message !== '', 'refused without a word');
    const watch = watchArguments(parsed.args, parsed.argsBeforeDash, { key: '', rangeEnd: '' });
    assert(watch.words.length > 0, 'a watch of nothing');
    watchedKeys(watch.words, flags);
    assert(typeof flags.integer('rev') === 'bigint', 'a revision that is no number');
  });
  for (const word of words) {
    parseInteger(word, { base: 0 });
    const milliseconds = Number.parseInt(word, 10);
    if (milliseconds >= 0 && milliseconds < 1e9) formatGoDuration(milliseconds);
  }
}

function refusable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    return void expectRefusal(error);
  }
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof ExitError)) throw error;
}

async function checkCommand(rng: Rng): Promise<void> {
  const text = pick(rng, COMMANDS);
  const words = text.split(' ');
  // Only flags are changed, and the last word: another command might look for a cluster.
  if (rng.below(2) === 0)
    words.push(mutateText(rng, '--endpoints=x:1', WORDS).replace(/^-*/u, '--'));
  words.unshift('--endpoints=');
  const { out, error, exitCode } = await typed(words).catch((thrown: unknown) => {
    throw new Error(JSON.stringify(words), { cause: thrown });
  });
  assert(Number.isInteger(exitCode) && exitCode >= 0 && exitCode < 256, 'no exit code');
  assert(!/\n\s+at \S+ \(/u.test(out + error), () => `shows its stack: ${error}`);
}
