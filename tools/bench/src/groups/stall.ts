import { eventually, pause } from '@etcd-ts/testkit';
import {
  CompactionRequest,
  DefragmentRequest,
  KVDefinition,
  MaintenanceDefinition,
} from '@etcd-ts/wire-protocol';

import { sample } from '../counters.js';
import { KEY_BYTES, storeWorkload, takeIndexes } from '../generator-workload.js';
import { START_SECONDS, type Group, type Progress } from '../group.js';
import { HOT_KEY, VALUE_BYTES } from '../h2load-workload.js';
import { runGenerator } from '../load-command.js';
import { DishonestRun, measure } from '../measurement.js';
import { OneMember } from '../one-member.js';
import type { Sizes } from '../options.js';
import { RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';
import { pacedPutsDuring, type Pace, type PacedRun } from './paced-run.js';

/** So many that a compaction has much to remove. */
const REVISIONS_OF_A_KEY = 100;
const QUIET_SECONDS = 8;
/** What is over sooner is done again, so that a figure is not one put's. */
const AT_LEAST_SECONDS = 4;
const MEGABYTE = 1e6;
const LOADS_PER_SECOND = 15_000;

/** Rejects unless the server has really done it. */
type Check = () => Promise<void>;

interface Work {
  readonly name: string;
  readonly isRepeated: boolean;
  /** What is to be checked comes after the time that is measured. */
  readonly run: (subject: OneMember) => Promise<Check>;
}

const { compact } = KVDefinition.methods;
const { defragment } = MaintenanceDefinition.methods;

function dishonest(subject: OneMember, facts: string): DishonestRun {
  return new DishonestRun(`${subject.flavour}: ${facts}`);
}

const bytesInUse = async (subject: OneMember): Promise<number> =>
  sample(await subject.metrics(), 'etcd_mvcc_db_total_size_in_use_in_bytes');

const SNAPSHOT: Work = {
  name: 'a snapshot is streamed',
  isRepeated: true,
  run: async (subject) => {
    const { bytes } = await runGenerator({ kind: 'snapshot', endpoint: subject.endpoint });
    return async () => {
      const least = (await bytesInUse(subject)) / 2;
      if (bytes < least) throw dishonest(subject, `a snapshot of ${bytes} bytes, not ${least}`);
    };
  },
};

const DEFRAGMENT: Work = {
  name: 'Defragment runs',
  isRepeated: true,
  run: async (subject) => {
    const counted = async (): Promise<number> =>
      sample(await subject.metrics(), 'etcd_disk_backend_defrag_duration_seconds_count');
    const before = await counted();
    await subject.call(MaintenanceDefinition, defragment, DefragmentRequest.fromPartial({}));
    return async () => {
      if ((await counted()) <= before) throw dishonest(subject, 'no Defragment was counted');
    };
  },
};

const compaction = (revisions: number): Work => ({
  name: `${revisions} revisions are compacted`,
  isRepeated: false,
  run: async (subject) => {
    const before = await bytesInUse(subject);
    const { revision } = await subject.counters();
    const request = CompactionRequest.fromPartial({ revision: BigInt(revision), physical: true });
    await subject.call(KVDefinition, compact, request);
    return async () => {
      // The values alone were more than this; the gauge follows with the next commit.
      const most = before - (revisions * VALUE_BYTES) / 2;
      await eventually(`${subject.flavour} uses less than ${most} bytes`, async () => {
        await subject.put(HOT_KEY, VALUE_BYTES);
        return (await bytesInUse(subject)) <= most ? true : undefined;
      });
    };
  },
});

/** Does the work while puts are made at a pace, then checks that it was done. */
async function pacedPutsBeside(work: Work, subject: OneMember, pace: Pace): Promise<PacedRun> {
  const checks: Check[] = [];
  const run = await pacedPutsDuring(subject, pace, async () => {
    const end = performance.now() + AT_LEAST_SECONDS * 1000;
    do checks.push(await work.run(subject));
    while (work.isRepeated && performance.now() < end);
  });
  for (const check of checks) await check();
  return run;
}

/** Old revisions of the same keys, as a store that is written for long has them. */
async function loadRevisions(subject: OneMember, pace: Pace, revisions: number): Promise<void> {
  await subject.load(pace.keys, pace.firstKey);
  const { revision } = await subject.counters();
  await runGenerator({
    ...{ kind: 'keys', call: 'put', endpoint: subject.endpoint, connections: 20, inFlight: 1000 },
    ...{ firstKey: pace.firstKey, keys: pace.keys, order: 'any', requests: revisions },
    ...{ keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
  });
  const made = (await subject.counters()).revision - revision;
  if (made !== revisions) throw new DishonestRun(`${subject.flavour}: ${made} revisions made`);
}

async function measureSide(
  table: RowTable,
  subject: OneMember,
  sizes: Sizes,
  progress: Progress,
): Promise<void> {
  const { flavour } = subject;
  const keys = Math.ceil(sizes.revisions / REVISIONS_OF_A_KEY);
  const pace = { perSecond: sizes.pace, firstKey: takeIndexes(keys), keys };
  progress(`${flavour}: ${sizes.revisions} revisions`);
  await loadRevisions(subject, pace, sizes.revisions);
  await measure(subject, storeWorkload('put', pace, 100), sizes.warmUpSeconds);
  progress(`${flavour}: quiet`);
  const quiet = await pacedPutsDuring(subject, pace, () => pause(QUIET_SECONDS * 1000));
  const add = (name: string, unit: string, value: number, run: PacedRun): void =>
    table.add(name, unit, flavour, value, {
      ...{ 'p50 ms': run.p50Ms, 'p99 ms': run.p99Ms, 'p99.9 ms': run.p999Ms },
      ...{ 'puts/s': run.achievedPerSecond, 'failed puts': run.failed, 'it took s': run.seconds },
    });
  add('p99.9 while nothing else goes on', 'ms', quiet.p999Ms, quiet);
  for (const work of [SNAPSHOT, DEFRAGMENT, compaction(sizes.revisions)]) {
    progress(`${flavour}: ${work.name}`);
    const run = await pacedPutsBeside(work, subject, pace);
    add(`p99.9 while ${work.name}`, 'times the quiet one', run.p999Ms / quiet.p999Ms, run);
  }
  const size = sample(await subject.metrics(), 'etcd_mvcc_db_total_size_in_bytes');
  table.add('state database afterwards', 'MB', flavour, size / MEGABYTE);
}

export const STALL: Group = {
  name: 'stall',
  title: 'Latency while the server tidies up',
  about:
    'Puts at a fixed pace to keys that have a hundred old revisions each, every put due at its time ' +
    'whatever the server does; latency counts from then. Only puts due while the work went on are ' +
    'counted. The servers confirm each work in their own counters: bytes in use, defragmentations, bytes ' +
    'of the snapshot.',
  minutes: ({ revisions }) =>
    (2 * (START_SECONDS + revisions / LOADS_PER_SECOND + QUIET_SECONDS + 4 * 3 + 30)) / 60,
  run: async (sizes, progress) => {
    const table = new RowTable();
    for (const flavour of FLAVOURS) {
      const subject = await OneMember.start(flavour);
      try {
        await measureSide(table, subject, sizes, progress);
      } finally {
        await subject.dispose();
      }
    }
    return table.rows();
  },
};
