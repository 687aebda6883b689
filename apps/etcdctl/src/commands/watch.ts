import type { Client, Watch, WatchOptions } from '@etcd-ts/client';
import { CompactedError } from '@etcd-ts/client';
import {
  ExitCode,
  ExitError,
  FlagValues,
  badArguments,
  bool,
  int64,
  parseFlags,
  quote,
} from '@etcd-ts/command-line';
import type { Event } from '@etcd-ts/wire-protocol';
import { EtcdError } from '@etcd-ts/wire-protocol';
import { eventName, watchAnswer } from '../answers/watch.js';
import type { Command } from '../command.js';
import { failureText } from '../failure.js';
import type { Invocation } from '../invocation.js';
import type { Output } from '../output/output.js';
import { bytesOf } from '../word-bytes.js';
import { runChild } from './child-command.js';
import type { WatchEnvironment } from './watch-arguments.js';
import { watchArguments, watchedKeys } from './watch-arguments.js';
import { splitWords } from './words.js';

export const WATCH: Command = {
  use: 'watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]',
  short: 'Watches events stream on keys or prefixes',
  flags: [
    { ...bool('interactive', 'Interactive mode'), shorthand: 'i' },
    bool('prefix', 'Watch on a prefix if prefix is set'),
    int64('rev', 'Revision to start watching'),
    bool('prev-kv', 'get the previous key-value pair before the event happens'),
    bool('progress-notify', 'get periodic watch progress notification from server'),
  ],
  run: runWatch,
};

async function runWatch(invocation: Invocation): Promise<number> {
  const { args, argsBeforeDash, flags, surroundings } = invocation;
  const environment = watchEnvironment(surroundings.environment);
  if (flags.bool('interactive')) return runInteractive(invocation, environment);
  const { words, command } = watchArguments(args, argsBeforeDash, environment);
  const keys = watchedKeys(words, flags);
  const { client, output } = await invocation.connect();
  await printWatch(client.watch(keys, watchOptions(flags)), output, command);
  throw canceledByServer();
}

const canceledByServer = (): ExitError =>
  new ExitError(ExitCode.interrupted, 'watch is canceled by the server');

function watchEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): WatchEnvironment {
  return {
    key: environment['ETCDCTL_WATCH_KEY'] ?? '',
    rangeEnd: environment['ETCDCTL_WATCH_RANGE_END'] ?? '',
  };
}

function watchOptions(flags: FlagValues): WatchOptions {
  return {
    startRevision: flags.integer('rev'),
    prevKv: flags.bool('prev-kv'),
    progressNotify: flags.bool('progress-notify'),
  };
}

/** Prints what happens until the server ends the watch, and says why it did. */
async function printWatch(watch: Watch, output: Output, command: readonly string[]): Promise<void> {
  try {
    for await (const { header, events } of watch) {
      if (events.length === 0) output.write(`progress notify: ${header.revision}\n`);
      output.print(watchAnswer({ header, events, compactRevision: 0n, isCanceled: false }));
      if (command.length > 0) await runForEach(events, header.revision, command, output);
    }
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    output.error(`watch was canceled (${failureText(error)})\n`);
    const isCompacted = error instanceof CompactedError;
    output.print(
      watchAnswer({
        header: isCompacted ? error.header : undefined,
        events: [],
        compactRevision: isCompacted ? error.compactRevision : 0n,
        isCanceled: true,
      }),
    );
  }
}

/** The command once for every event, which it finds in its environment. */
async function runForEach(
  events: readonly Event[],
  revision: bigint,
  command: readonly string[],
  output: Output,
): Promise<void> {
  for (const event of events) {
    const environment = {
      ETCD_WATCH_REVISION: String(revision),
      ETCD_WATCH_EVENT_TYPE: quote(eventName(event)),
      ETCD_WATCH_KEY: quote(event.kv?.key ?? ''),
      ETCD_WATCH_VALUE: quote(event.kv?.value ?? ''),
    };
    const { error } = await runChild(command, environment, 'ignore');
    if (error === undefined) continue;
    const shown = command.map((word) => quote(bytesOf(word))).join(' ');
    output.error(`command [${shown}] error (${error})\n`);
    throw new ExitError(ExitCode.error, '');
  }
}

async function runInteractive(
  invocation: Invocation,
  environment: WatchEnvironment,
): Promise<number> {
  const { input } = invocation.surroundings;
  const { client, output } = await invocation.connect();
  const watches: Watch[] = [];
  for (;;) {
    const line = await input.line();
    if (line === undefined) {
      throw new ExitError(ExitCode.invalidInput, 'Error reading watch request line: EOF');
    }
    const words = splitWords(line.trim());
    if (words.length === 0) {
      output.error(`Invalid command: ${line} (watch and progress supported)\n`);
    } else if (words[0] === 'progress') {
      // Of one watch: each has a stream of its own.
      await watches[0]?.requestProgress();
    } else if (words[0] !== 'watch') {
      output.error(`Invalid command ${line} (only support watch)\n`);
    } else if (words.length < 2 && environment.key === '') {
      output.error(`Invalid command ${line} (command type or key is not provided)\n`);
    } else {
      const begun = beginWatch(client, output, { line, words: words.slice(1) }, environment);
      if (begun !== undefined) watches.push(begun);
    }
  }
}

/** A line `watch [flags] key [end] [-- command...]`. */
function beginWatch(
  client: Client,
  output: Output,
  { line, words }: { readonly line: string; readonly words: readonly string[] },
  environment: WatchEnvironment,
): Watch | undefined {
  const flags = new FlagValues(WATCH.flags ?? []);
  const parsed = parseFlags(flags, words);
  if (parsed.kind === 'error') throw badArguments(parsed.message);
  const found = watchArguments(parsed.args, parsed.argsBeforeDash, environment);
  try {
    const watch = client.watch(watchedKeys(found.words, flags), watchOptions(flags));
    void printWatch(watch, output, found.command).catch((error: unknown) => {
      output.error(`Error: ${failureText(error)}\n`);
    });
    return watch;
  } catch (error) {
    output.error(`Invalid command ${line} (${failureText(error)})\n`);
    return undefined;
  }
}
