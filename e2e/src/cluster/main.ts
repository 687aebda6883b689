import { runCampaignCommand, SEED_OF_THE_CLOCK } from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';

import { Campaign, type CampaignReport } from './campaign.js';
import type { Episode } from './faults/episode.js';
import { measure } from './figures.js';
import { figuresTable, writeFigures } from './figures-document.js';

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

const flavourOf = (text: string): Flavour | undefined =>
  text === 'ours' || text === 'reference' ? text : undefined;

/** So that members need snapshots; 3.4 always keeps 5,000 entries for those who are behind. */
function shortLog(kind: Flavour, snapshotCount: number): readonly string[] {
  const flags = ['--snapshot-count', String(snapshotCount)];
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

interface Terms {
  readonly flavour: Flavour;
  readonly members: number;
  readonly seed: number;
  readonly minutes: number;
  readonly flags: readonly string[];
}

async function faults({ minutes, ...terms }: Terms, print: (line: string) => void): Promise<void> {
  const campaign = await Campaign.start({
    ...terms,
    onEpisode: (episode) => print(line(episode)),
    onVerified: ({ revision, operations }) =>
      print(`--- ${operations} operations judged, at revision ${revision}`),
  });
  try {
    print(`seed ${terms.seed}: ${summary(await campaign.runFor(minutes * 60_000))}`);
  } finally {
    await campaign.dispose();
  }
}

void runCampaignCommand({
  name: 'cluster',
  purpose: 'faults by chance under load, judged after every few',
  options: [
    { name: 'members', kind: 'count', default: '3', min: 1, help: 'of the cluster' },
    { name: 'minutes', kind: 'number', default: '10', min: 0.01, help: 'in all' },
    SEED_OF_THE_CLOCK,
    {
      name: 'kind',
      kind: 'text',
      default: 'ours',
      placeholder: 'KIND',
      help: 'of etcd: ours, reference',
    },
    { name: 'snapshot-count', kind: 'count', default: '200', min: 1, help: 'entries' },
    {
      name: 'figures',
      kind: 'switch',
      default: 'false',
      help: 'how long clusters of both kinds do not serve after the same faults',
    },
    { name: 'rounds', kind: 'count', default: '5', min: 1, help: 'with --figures' },
    {
      name: 'write',
      kind: 'switch',
      default: 'false',
      help: 'with --figures: into docs/benchmarks.md',
    },
  ],
  complaint: ({ kind }) =>
    flavourOf(kind) === undefined ? `--kind ${kind} is neither ours nor reference` : undefined,
  run: (given, print) => {
    if (given.figures) return figures(given.rounds, given.write);
    const flavour = flavourOf(given.kind) ?? 'ours';
    const flags = shortLog(flavour, given['snapshot-count']);
    return faults({ ...given, flavour, flags }, print);
  },
});
