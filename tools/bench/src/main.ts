import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { workspaceRoot } from '@etcd-ts/testkit';

import { Benchmark, type Plan } from './benchmark.js';
import { renderDocument, renderFigures } from './document.js';
import { describeMachine } from './machine.js';

const USAGE = `usage: npm run bench -- [options]
  --quick          about a minute: one short round, 20,000 keys
  --rounds N       rounds of etcd, ours (default 3)
  --seconds N      length of each measurement (default 4)
  --keys N         keys of the big load (default 1,000,000; 0 leaves it out)
  --only TEXT      only workloads whose name has this text
  --write          write docs/benchmarks.md
`;

function planOf(values: {
  readonly quick?: boolean;
  readonly rounds?: string;
  readonly seconds?: string;
  readonly keys?: string;
  readonly only?: string;
}): Plan {
  const quick = values.quick ?? false;
  return {
    rounds: Number(values.rounds ?? (quick ? 1 : 3)),
    secondsPerWorkload: Number(values.seconds ?? (quick ? 0.7 : 4)),
    keys: Number(values.keys ?? (quick ? 20_000 : 1_000_000)),
    paced: !quick,
    only: values.only ?? '',
  };
}

/** What `npm run cluster -- --figures --write` has put at the end of the document. */
function clusterFigures(file: string): string {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const at = text.indexOf('\n## A cluster of three under faults');
  return at < 0 ? '' : text.slice(at);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      keys: { type: 'string' },
      only: { type: 'string' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const figures = await new Benchmark(planOf(values)).run();
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (values.write !== true) return;
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const file = join(workspaceRoot(), 'docs', 'benchmarks.md');
  const document = renderDocument(figures, await describeMachine(), command);
  writeFileSync(file, `${document}${clusterFigures(file)}`);
  process.stdout.write(`written to ${file}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
