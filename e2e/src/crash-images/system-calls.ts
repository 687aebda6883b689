import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What strace is told to record: everything by which a process changes files or makes them durable. */
export const RECORDED_CALLS = [
  ...['open', 'openat', 'creat', 'close', 'dup', 'dup2', 'dup3'],
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendfile', 'copy_file_range'],
  ...['fsync', 'fdatasync', 'sync_file_range', 'ftruncate', 'truncate', 'fallocate'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat'],
  ...['mkdir', 'mkdirat', 'rmdir', 'io_uring_enter'],
];

/** Longer than any write of the storage layer: a payload that is cut short would be noticed. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

export const STRACE_OPTIONS = [
  ...['-f', '-qq', '--seccomp-bpf', '-xx', '-s', String(MAX_PAYLOAD_BYTES)],
  ...['-e', `trace=${RECORDED_CALLS.join(',')}`, '-e', 'signal=none'],
];

/** Calls of several threads overlap: a call takes effect somewhere between its begin and its end. */
export interface SystemCall {
  readonly phase: 'begin' | 'end';
  readonly thread: string;
  readonly name: string;
  /** As written in C, strings as quoted \x bytes. At the end they are the same as at the begin. */
  readonly args: string;
  /** At the end only. */
  readonly result: number;
}

const WHOLE = /^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)/su;
const UNFINISHED = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/su;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|\?)/su;

function numberOf(result: string | undefined): number {
  return result === undefined || result === '?' ? -1 : Number(result);
}

/** The calls in the order in which strace saw them. Failed ones end with a negative result. */
export async function* readSystemCalls(file: string): AsyncGenerator<SystemCall> {
  const begun = new Map<string, string>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    yield* callsOf(line, begun);
  }
}

export function* callsOf(line: string, begun: Map<string, string>): Generator<SystemCall> {
  const resumed = RESUMED.exec(line);
  if (resumed !== null) {
    const [, thread = '', name = '', rest = '', result] = resumed;
    const args = `${begun.get(thread) ?? ''}${rest}`;
    begun.delete(thread);
    yield { phase: 'end', thread, name, args, result: numberOf(result) };
    return;
  }
  const unfinished = UNFINISHED.exec(line);
  const [, thread = '', name = '', args = '', result] = unfinished ?? WHOLE.exec(line) ?? [];
  if (name === '') return;
  yield { phase: 'begin', thread, name, args, result: -1 };
  if (unfinished !== null) begun.set(thread, args);
  else yield { phase: 'end', thread, name, args, result: numberOf(result) };
}

/** The bytes of a string as strace writes it with -xx. */
export function bytesOf(quoted: string): Buffer {
  return Buffer.from(quoted.replaceAll(/[^0-9a-f]|\\x/gu, ''), 'hex');
}

/** The strings among the arguments, in order. */
export function stringsOf(args: string): readonly Buffer[] {
  return Array.from(args.matchAll(/"([^"]*)"/gu), ([, text = '']) => bytesOf(text));
}

/** What is no string, in order: numbers, flags. */
export function plainArguments(args: string): readonly string[] {
  return args
    .replaceAll(/"[^"]*"/gu, '')
    .split(',')
    .map((part) => part.trim());
}
