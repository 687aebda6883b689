import { readFileSync } from 'node:fs';

/** A name and an address, of a host on the page. */
export interface Host {
  readonly name: string;
  readonly address: string;
}

/** One thing that a reader of a page is told to do. */
export type Step =
  | {
      readonly kind: 'command';
      readonly command: string;
      /** The same at each of these hosts; empty: just the command. */
      readonly hosts: readonly Host[];
      /** What the page shows; empty: nothing, and then only success is expected. */
      readonly expected: string;
    }
  | { readonly kind: 'program'; readonly text: string; readonly expected: string }
  /** Records of DNS for all that comes after. */
  | { readonly kind: 'zone'; readonly text: string }
  /** A part of its own: nothing of what was before runs on. */
  | { readonly kind: 'fresh' };

const RUN_BLOCK =
  /^```(console|ts|zone) run(.*)\n([\s\S]*?)^```(?:\n\n```text\n([\s\S]*?)^```)?/gmu;

/**
 * The steps of a page, in order, from blocks that have `run` behind their language:
 *
 * - `console run`: a command begins with "$ ", and what it prints follows;
 * - `console run as one@10.0.0.1 two@10.0.0.2`: each command, which is for the first host, and for the
 *   others with their names and addresses in its place;
 * - `ts run`: a program, with what it prints in the `text` behind;
 * - `zone run`: records as in a zone file, SRV and A;
 * - `fresh` behind `run`: what ran before is ended, and its files are gone.
 */
export function stepsOf(path: string): Step[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(RUN_BLOCK)].flatMap(
    ([, kind, info = '', body = '', output = '']): Step[] => {
      const words = info.trim().split(' ');
      const before: readonly Step[] = words.includes('fresh') ? [{ kind: 'fresh' }] : [];
      if (kind === 'zone') return [...before, { kind, text: body }];
      if (kind === 'ts') {
        return [...before, { kind: 'program', text: body, expected: output.trimEnd() }];
      }
      return [...before, ...commandsIn(body, hostsIn(words))];
    },
  );
}

function hostsIn(words: readonly string[]): Host[] {
  return words
    .filter((word) => word.includes('@'))
    .map((word) => {
      const [name = '', address = ''] = word.split('@');
      return { name, address };
    });
}

function commandsIn(block: string, hosts: readonly Host[]): Step[] {
  return block
    .split(/^\$ /mu)
    .slice(1)
    .map((part) => {
      const lines = part.trimEnd().split('\n');
      // A command goes on behind a backslash.
      const end = lines.findIndex((line) => !line.endsWith('\\')) + 1;
      return {
        kind: 'command',
        command: lines.slice(0, end).join('\n'),
        hosts,
        expected: lines.slice(end).join('\n'),
      };
    });
}

/**
 * A command at another host: what is said of one host is said of the other. A word with a comma is a
 * list, of all hosts, and stays.
 */
export function atHost(command: string, from: Host, to: Host): string {
  const said = (word: string): string =>
    word
      .replaceAll(new RegExp(`\\b${from.name}\\b`, 'gu'), to.name)
      .replaceAll(from.address, to.address);
  return command.replaceAll(/\S+/gu, (word) => (word.includes(',') ? word : said(word)));
}

/** A block that tells readers to do something, or may do so. */
export interface Block {
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

const BLOCK = /^[ \t]*```(.*)\n([\s\S]*?)^[ \t]*```/gmu;
const SHOWN = ['text', 'json', 'yaml', 'proto', 'mermaid'];

/** The blocks of a page that nobody runs. What is only shown says so by its language. */
export function blocksNotRun(text: string): Block[] {
  return [...text.matchAll(BLOCK)]
    .map(({ index, 1: info = '', 2: body = '' }) => ({
      line: text.slice(0, index).split('\n').length,
      info: info.trim(),
      text: body,
    }))
    .filter(({ info }) => !SHOWN.includes(info) && !/^(?:console|ts|zone) run\b/u.test(info));
}

/** "…" stands for what differs from run to run. */
export function fits(expected: string, output: string): boolean {
  const pattern = expected
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&'))
    .join('[^]*');
  return new RegExp(`^${pattern}$`, 'u').test(output.trimEnd());
}
