import { parseArgs } from 'node:util';

import type { Flavour } from '@etcd-ts/testkit';

import { Campaign, type CampaignReport } from './campaign.js';
import type { Episode } from './faults/episode.js';
import { measure } from './figures.js';
import { figuresTable, writeFigures } from './figures-document.js';

const USAGE = `usage: cluster [options]         faults by chance under load, judged after every few
  --members N                  3 unless said
  --minutes M                  10
  --seed N                     by the clock
  --kind ours|reference        whose etcd
  --snapshot-count N           200
       cluster --figures [options]   how long clusters of both kinds do not serve after the same faults
  --rounds N                   5
  --write                      into docs/benchmarks.md`;

function line({ fault, duringMs, afterMs }: Episode): string {
  const served = duringMs === undefined ? '' : `served again after ${duringMs.toFixed(0)} ms, `;
  return `${fault}: ${served}after its end in ${afterMs.toFixed(0)} ms`;
}

function summary({ episodes, operations, acknowledgedWrites, unknown }: CampaignReport): string {
  return (
    `${episodes.length} faults, ${operations} operations judged, ` +
    `${acknowledgedWrites} acknowledged writes on every member, ${unknown} without an answer`
  );
}

function kindOf(text: string): Flavour {
  if (text === 'ours' || text === 'reference') return text;
  throw new Error(`--kind ${text} is neither ours nor reference`);
}

/** So that members need snapshots; 3.4 always keeps 5,000 entries for those who are behind. */
function shortLog(kind: Flavour, snapshotCount: string): readonly string[] {
  const flags = ['--snapshot-count', snapshotCount];
  return kind === 'ours' ? [...flags, '--snapshot-catchup-entries', '100'] : flags;
}

async function figures(rounds: number, write: boolean): Promise<void> {
  const measured = await measure({
    rounds,
    onOutage: (flavour, fault, ms) =>
      process.stdout.write(`${flavour}: ${fault}: ${ms.toFixed(0)} ms\n`),
  });
  process.stdout.write(`${figuresTable(measured)}\n`);
  if (write) writeFigures(measured, `npm run cluster -- ${process.argv.slice(2).join(' ')}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      figures: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      write: { type: 'boolean', default: false },
      members: { type: 'string', default: '3' },
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      kind: { type: 'string', default: 'ours' },
      'snapshot-count': { type: 'string', default: '200' },
    },
  });
  if (values.figures) return figures(Number(values.rounds), values.write);
  const seed = Number(values.seed);
  const campaign = await Campaign.start({
    flavour: kindOf(values.kind),
    members: Number(values.members),
    seed,
    flags: shortLog(kindOf(values.kind), values['snapshot-count']),
    onEpisode: (episode) => process.stdout.write(`${line(episode)}\n`),
    onVerified: ({ revision, operations }) =>
      process.stdout.write(`--- ${operations} operations judged, at revision ${revision}\n`),
  });
  try {
    const report = await campaign.runFor(Number(values.minutes) * 60_000);
    process.stdout.write(`seed ${seed}: ${summary(report)}\n`);
  } finally {
    await campaign.dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});
