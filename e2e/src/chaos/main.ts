import { parseArgs } from 'node:util';

import { ProgressLine } from '@etcd-ts/testkit';

import { ALL_FAULTS, type Outcome } from './cell.js';
import { ChaosCampaign } from './chaos-campaign.js';
import { tryLocks } from './lock-trial.js';
import { ALL_WORKLOADS } from './traffic/workload-kinds.js';

const USAGE = `usage: chaos [options]     faults by chance on real processes under load, each run judged
  --minutes M              10
  --seed N                 by the clock
  --members N              3 unless said
  --fault NAME             part of a name, or a row of the matrix such as F4; all unless said
  --workload LETTERS       of R A S T K W L M C D U V; all unless said
       chaos --list        the faults
       chaos --self-test   a lock without fencing must fail, one with it must not`;

function line(title: string, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'kept':
      return `${title}: kept, ${outcome.operations} operations judged; ${outcome.effect}`;
    case 'void':
      return `${title}: void, ${outcome.reason}`;
    case 'broken':
      return `${title}: BROKEN\n${outcome.message}`;
  }
}

/** The checkers have to see what locks on leases alone do not promise. */
async function selfTest(seed: number): Promise<number> {
  const unfenced = await tryLocks({ fenced: false, seed, until: 'violation' });
  const fenced = await tryLocks({ fenced: true, seed, until: 'expired holds' });
  process.stdout.write(
    `without fencing: ${unfenced.violation ?? 'NOTHING FOUND'}\n` +
      `with fencing: ${fenced.violation ?? 'kept'}, ${fenced.holds} holds\n`,
  );
  return unfenced.violation !== undefined && fenced.violation === undefined ? 0 : 1;
}

function list(): number {
  for (const { row, name, minSize = 1, failpoints } of ALL_FAULTS) {
    const build = failpoints === true ? ', with failpoints' : '';
    process.stdout.write(`${row}  ${name} (from ${minSize} members${build})\n`);
  }
  process.stdout.write(`workloads: ${ALL_WORKLOADS.join(' ')}\n`);
  return 0;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      members: { type: 'string', default: '3' },
      fault: { type: 'string' },
      workload: { type: 'string' },
      list: { type: 'boolean', default: false },
      'self-test': { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  if (values.list) return list();
  if (values['self-test']) return selfTest(seed);
  const progress = new ProgressLine();
  const { fault, workload } = values;
  const campaign = new ChaosCampaign({
    members: Number(values.members),
    seed,
    ...(fault === undefined ? {} : { fault }),
    ...(workload === undefined ? {} : { workload }),
    onStart: (title, run) => progress.show(`run ${run}: ${title}`),
    onOutcome: (title, outcome) => {
      progress.clear();
      process.stdout.write(`${line(title, outcome)}\n`);
    },
  });
  try {
    const tally = await campaign.runFor(Number(values.minutes) * 60_000);
    const command = `npm run chaos -- ${process.argv.slice(2).join(' ')}`;
    process.stdout.write(`\n${tally.table(command)}\nseed ${seed}: ${tally.summary()}\n`);
    return tally.broken === 0 ? 0 : 1;
  } finally {
    await campaign.dispose();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exit(2);
  },
);
