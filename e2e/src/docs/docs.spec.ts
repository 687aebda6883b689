import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createScratchDirectory, removeScratchDirectory, workspaceRoot } from '@etcd-ts/testkit';

import { servesNames } from '../discovery/name-server.js';
import type { Step } from './page.js';
import { fits, stepsOf } from './page.js';
import { Reader } from './reader.js';

const DOCS = join(workspaceRoot(), 'docs');
const PAGES = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && stepsOf(join(DOCS, path)).length > 0)
  .sort();
const PAGE_LIMIT_MS = 400_000;

/** One who reads a page from its beginning, each part of its own in a directory of its own. */
class PageReading {
  readonly #directory = createScratchDirectory('docs');
  #reader = this.#another();

  async take(step: Step): Promise<void> {
    if (step.kind === 'fresh') {
      await this.#reader.close();
      this.#reader = this.#another();
    } else if (step.kind === 'zone') {
      await this.#reader.zone(step.text);
    } else {
      await this.#takeShown(step);
    }
  }

  async end(): Promise<void> {
    await this.#reader.close();
    removeScratchDirectory(this.#directory);
  }

  async #takeShown(step: Extract<Step, { readonly expected: string }>): Promise<void> {
    const output =
      step.kind === 'program'
        ? await this.#reader.program(step.text)
        : await this.#reader.command(step.command, step.hosts);
    if (step.expected === '' || fits(step.expected, output)) return;
    const told = step.kind === 'program' ? 'the program' : step.command;
    expect(`$ ${told}\n${output}`).toBe(`$ ${told}\n${step.expected}`);
  }

  #another(): Reader {
    return new Reader(mkdtempSync(join(this.#directory, 'part-')));
  }
}

describe('a reader who does what the page says', () => {
  it.each(PAGES)(
    'sees what %s shows',
    async (path) => {
      const reading = new PageReading();
      try {
        for (const step of stepsOf(join(DOCS, path))) {
          // Who cannot have a nameserver reads as far as the names.
          if (step.kind === 'zone' && !servesNames) break;
          await reading.take(step);
        }
      } finally {
        await reading.end();
      }
    },
    PAGE_LIMIT_MS,
  );
});
