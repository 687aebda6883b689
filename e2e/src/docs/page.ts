import { readFileSync } from 'node:fs';

/** One thing that a reader of a page is told to do. */
export type Step =
  | {
      readonly kind: 'command';
      readonly command: string;
      /** What the page shows; empty: nothing, and then only success is expected. */
      readonly expected: string;
    }
  | { readonly kind: 'program'; readonly text: string; readonly expected: string };

const RUN_BLOCK = /^```(console|ts) run\n([\s\S]*?)^```(?:\n\n```text\n([\s\S]*?)^```)?/gmu;

/**
 * The steps of a page, in order: blocks of ```` ```console run ````, where a command begins with "$ " and
 * what it prints follows, and programs in ```` ```ts run ````, with what they print in the `text` behind.
 */
export function stepsOf(path: string): Step[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(RUN_BLOCK)].flatMap(([, kind, body = '', output = '']) =>
    kind === 'ts'
      ? [{ kind: 'program', text: body, expected: output.trimEnd() } as const]
      : commandsIn(body),
  );
}

function commandsIn(block: string): Step[] {
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
        expected: lines.slice(end).join('\n'),
      };
    });
}

/** "…" stands for what differs from run to run. */
export function fits(expected: string, output: string): boolean {
  const pattern = expected
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&'))
    .join('[^]*');
  return new RegExp(`^${pattern}$`, 'u').test(output.trimEnd());
}
