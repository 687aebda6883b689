import { pause } from '@etcd-ts/testkit';

import { takeIndexes } from '../generator-workload.js';
import { START_SECONDS, type Group } from '../group.js';
import { BackgroundGenerator, runGenerator } from '../load-command.js';
import { DishonestRun } from '../measurement.js';
import { OneMember } from '../one-member.js';
import { RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';

/** Both collect garbage when nothing is asked for a while; what stays after it is what things cost. */
const SETTLE_SECONDS = 5;
/** So many first, so that code and buffers which any use needs are not counted as theirs. */
const FIRST_FEW = 1_000;
const CREATE_TIMEOUT_MS = 300_000;
const KIBIBYTE = 2 ** 10;
/** About what the slower server creates in a second. */
const WATCHERS_PER_SECOND = 10_000;
const GRANTS_PER_SECOND = 6_000;

async function settled(subject: OneMember): Promise<number> {
  await pause(SETTLE_SECONDS * 1000);
  return subject.residentBytes;
}

function expectCount(subject: OneMember, what: string, is: number, should: number): void {
  if (is === should) return;
  throw new DishonestRun(`${subject.flavour} has ${is} ${what}, not ${should}`);
}

/** One fresh server of each, and how much larger it became by many of something that does nothing. */
async function growthBy(
  table: RowTable,
  what: 'watcher' | 'lease',
  count: number,
  create: (subject: OneMember, count: number) => Promise<{ release: () => Promise<void> }>,
): Promise<void> {
  for (const flavour of FLAVOURS) {
    const subject = await OneMember.start(flavour);
    const held: { release: () => Promise<void> }[] = [];
    try {
      held.push(await create(subject, FIRST_FEW));
      const before = await settled(subject);
      const start = performance.now();
      held.push(await create(subject, count));
      const seconds = (performance.now() - start) / 1000;
      const bytes = (await settled(subject)) - before;
      table.add(`RSS of ${count} idle ${what}s`, 'KiB each', flavour, bytes / count / KIBIBYTE, {
        'seconds to create them': seconds,
      });
    } finally {
      await Promise.all(held.map(({ release }) => release()));
      await subject.dispose();
    }
  }
}

async function holdWatchers(
  subject: OneMember,
  watchers: number,
): Promise<{ release: () => Promise<void> }> {
  const { watchers: before } = await subject.counters();
  const { endpoint } = subject;
  const generator = new BackgroundGenerator({ kind: 'idleWatchers', endpoint, watchers });
  const release = (): Promise<void> => generator.kill();
  try {
    await generator.ready(CREATE_TIMEOUT_MS);
    const { watchers: after } = await subject.counters();
    expectCount(subject, 'more watchers', after - before, watchers);
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

async function grantLeases(
  subject: OneMember,
  leases: number,
): Promise<{ release: () => Promise<void> }> {
  const { leases: before } = await subject.counters();
  await runGenerator({
    ...{ kind: 'leaseGrant', endpoint: subject.endpoint, connections: 10, inFlight: 100 },
    ...{ requests: leases, firstId: takeIndexes(leases) },
  });
  const { leases: after } = await subject.counters();
  expectCount(subject, 'more leases', after - before, leases);
  return { release: () => Promise.resolve() };
}

const secondsBeside = 2 * SETTLE_SECONDS + START_SECONDS + 2;

export const WATCHERS: Group = {
  name: 'watchers',
  title: 'Idle watchers',
  about:
    'Each watches a key of its own that nobody writes, 500 on a stream; the server counts them itself. ' +
    'A thousand exist before the first look at its memory.',
  minutes: ({ watchers }) => (2 * (watchers / WATCHERS_PER_SECOND + secondsBeside)) / 60,
  run: async ({ watchers }, progress) => {
    const table = new RowTable();
    progress(`${watchers} on each`);
    await growthBy(table, 'watcher', watchers, holdWatchers);
    return table.rows();
  },
};

export const LEASES: Group = {
  name: 'leases',
  title: 'Idle leases',
  about:
    'Leases of an hour without keys; all of them are listed by the server. A thousand exist before.',
  minutes: ({ leases }) => (2 * (leases / GRANTS_PER_SECOND + secondsBeside)) / 60,
  run: async ({ leases }, progress) => {
    const table = new RowTable();
    progress(`${leases} on each`);
    await growthBy(table, 'lease', leases, grantLeases);
    return table.rows();
  },
};
