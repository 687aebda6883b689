import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createScratchDirectory, removeScratchDirectory, workspaceRoot } from '@etcd-ts/testkit';
import { fits, stepsOf } from './page.js';
import { Reader } from './reader.js';

const DOCS = join(workspaceRoot(), 'docs');
const PAGES = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && stepsOf(join(DOCS, path)).length > 0)
  .sort();
const PAGE_LIMIT_MS = 400_000;

describe('a reader who does what the page says', () => {
  it.each(PAGES)(
    'sees what %s shows',
    async (path) => {
      const directory = createScratchDirectory('docs');
      const reader = new Reader(directory);
      try {
        for (const step of stepsOf(join(DOCS, path))) {
          const output =
            step.kind === 'program'
              ? await reader.program(step.text)
              : await reader.command(step.command);
          if (step.expected === '' || fits(step.expected, output)) continue;
          const told = step.kind === 'program' ? 'the program' : step.command;
          expect(`$ ${told}\n${output}`).toBe(`$ ${told}\n${step.expected}`);
        }
      } finally {
        await reader.close();
        removeScratchDirectory(directory);
      }
    },
    PAGE_LIMIT_MS,
  );
});
