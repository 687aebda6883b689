import { ProgressLine, runCampaignCommand, SEED_OF_THE_CLOCK } from '@etcd-ts/testkit';

import { ALL_FAULTS, type Outcome } from './cell.js';
import type { Choice } from './choice.js';
import { ChaosCampaign } from './chaos-campaign.js';
import { tryLocks } from './lock-trial.js';
import { ChaosSeries } from './series/chaos-series.js';
import { ALL_WORKLOADS } from './traffic/workload-kinds.js';

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

interface Terms {
  readonly minutes: number;
  readonly seed: number;
  readonly members: number;
  readonly fault: string;
  readonly workload: string;
  readonly repeat: number;
  readonly clients: number;
  readonly think: number;
  readonly rounds: boolean;
}

type Print = (line: string) => void;

const COMMAND = `npm run chaos -- ${process.argv.slice(2).join(' ')}`;

function choiceOf({ members, fault, workload }: Terms): Choice {
  return {
    members,
    ...(fault === '' ? {} : { fault }),
    ...(workload === '' ? {} : { workload }),
  };
}

/** However it ends, it has said what came of it: each line is written when its window is judged. */
async function series(terms: Terms, print: Print): Promise<number> {
  const { minutes, seed, repeat, clients, think: thinkMs } = terms;
  const progress = new ProgressLine();
  const running = new ChaosSeries({
    ...choiceOf(terms),
    seed,
    clients,
    thinkMs,
    onRound: (text) => (terms.rounds ? print(text) : progress.show(text)),
    onWindow: (text) => {
      progress.clear();
      print(`${new Date().toISOString()} ${text}`);
    },
  });
  const end = (): never => {
    progress.clear();
    print(`stopped\n${running.tally.table(COMMAND)}`);
    process.exit(running.tally.broken === 0 ? 0 : 1);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  try {
    const tally = await running.runFor(minutes * 60_000, repeat);
    print(`\n${tally.table(COMMAND)}`);
    return tally.broken === 0 ? 0 : 1;
  } finally {
    await running.dispose();
  }
}

async function campaign(terms: Terms, print: Print): Promise<number> {
  const { minutes, seed } = terms;
  const progress = new ProgressLine();
  const running = new ChaosCampaign({
    ...choiceOf(terms),
    seed,
    onStart: (title, run) => progress.show(`run ${run}: ${title}`),
    onOutcome: (title, outcome) => {
      progress.clear();
      print(line(title, outcome));
    },
  });
  try {
    const tally = await running.runFor(minutes * 60_000);
    print(`\n${tally.table(COMMAND)}\nseed ${seed}: ${tally.summary()}`);
    return tally.broken === 0 ? 0 : 1;
  } finally {
    await running.dispose();
  }
}

void runCampaignCommand({
  name: 'chaos',
  purpose: 'faults by chance on real processes under load, each run judged',
  options: [
    {
      name: 'minutes',
      kind: 'number',
      default: '10',
      min: 0.01,
      help: 'after which no run begins',
    },
    SEED_OF_THE_CLOCK,
    { name: 'members', kind: 'count', default: '3', min: 1, help: 'of each cluster' },
    {
      name: 'fault',
      kind: 'text',
      default: '',
      placeholder: 'NAME,...',
      help: 'parts of names, or rows of the matrix such as F4; all unless said',
    },
    {
      name: 'workload',
      kind: 'text',
      default: '',
      placeholder: 'LETTERS',
      help: `of ${ALL_WORKLOADS.join(' ')}; all unless said`,
    },
    {
      name: 'repeat',
      kind: 'count',
      default: '0',
      help: 'rounds that count, in one cluster under one load; 0: each run by itself',
    },
    { name: 'clients', kind: 'count', default: '32', min: 1, help: 'with --repeat' },
    {
      name: 'think',
      kind: 'count',
      default: '1',
      help: 'ms between their requests, with --repeat',
    },
    { name: 'rounds', kind: 'switch', default: 'false', help: 'with --repeat: a line a round' },
    { name: 'list', kind: 'switch', default: 'false', help: 'only tell what faults there are' },
    {
      name: 'self-test',
      kind: 'switch',
      default: 'false',
      help: 'only see that a lock without fencing fails, and one with it does not',
    },
  ],
  run: (given, print) => {
    if (given.list) return Promise.resolve(list());
    if (given['self-test']) return selfTest(given.seed);
    return given.repeat > 0 ? series(given, print) : campaign(given, print);
  },
});
