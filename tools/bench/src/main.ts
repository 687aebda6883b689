import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { workspaceRoot } from '@etcd-ts/testkit';

import { Benchmark, type Plan } from './benchmark.js';
import { renderDocument, renderFigures } from './document.js';
import { describeMachine } from './machine.js';
import { throughputTable } from './report.js';
import { measureV2 } from './v2-figures.js';

const USAGE = `usage: npm run bench -- [options]
  --quick          about a minute: one short round, 20,000 keys
  --rounds N       rounds of etcd, ours (default 3)
  --seconds N      length of each measurement (default 4)
  --keys N         keys of the big load (default 1,000,000; 0 leaves it out)
  --only TEXT      only workloads whose name has this text
  --v2             only the v2 API, with wrk and long polls
  --write          write docs/benchmarks.md; with --v2 only that part of it
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

const V2_HEADING = '\n## The v2 API';
/** What `npm run cluster -- --figures --write` has put at the end of the document. */
const CLUSTER_HEADING = '\n## A cluster of three under faults';

/** The document as the runs of its parts left it. */
function partsOf(file: string): { readonly v3: string; readonly v2: string; readonly end: string } {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const endAt = text.includes(CLUSTER_HEADING) ? text.indexOf(CLUSTER_HEADING) : text.length;
  const body = text.slice(0, endAt);
  const v2At = body.includes(V2_HEADING) ? body.indexOf(V2_HEADING) : body.length;
  return { v3: body.slice(0, v2At), v2: body.slice(v2At), end: text.slice(endAt) };
}

const documentFile = (): string => join(workspaceRoot(), 'docs', 'benchmarks.md');
const commandLine = (): string => ['npm run bench --', ...process.argv.slice(2)].join(' ');

/** The v2 API of 3.4 beside ours. */
async function runV2({ rounds, secondsPerWorkload }: Plan, write: boolean): Promise<void> {
  const [load = 0] = loadavg();
  const workloads = await measureV2(rounds, secondsPerWorkload);
  const rows = throughputTable({ workloads, paced: [] });
  process.stdout.write(`${rows}\n`);
  if (!write) return;
  const { v3, end } = partsOf(documentFile());
  const text = [
    `${V2_HEADING}`,
    'PUT and GET of one key of 256 bytes by wrk; one put answers all long polls, then they are asked again from the next index. Answers that are no 2xx, or that /v2/stats/store has not counted, void the run.',
    `- command: \`${commandLine()}\`\n- load average of the machine before: ${load.toFixed(1)} on ${cpus().length} cores; where that is above 1, others worked on it meanwhile, and the figures are no better than a hint`,
    rows,
  ].join('\n\n');
  writeFileSync(documentFile(), `${v3}${text}\n${end}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      keys: { type: 'string' },
      only: { type: 'string' },
      v2: { type: 'boolean' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.v2 === true) {
    await runV2(planOf(values), values.write === true);
    return;
  }
  const figures = await new Benchmark(planOf(values)).run();
  process.stdout.write(`${renderFigures(figures)}\n`);
  if (values.write !== true) return;
  const file = documentFile();
  const document = renderDocument(figures, await describeMachine(), commandLine());
  const { v2, end } = partsOf(file);
  writeFileSync(file, `${document}${v2}${end}`);
  process.stdout.write(`written to ${file}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
