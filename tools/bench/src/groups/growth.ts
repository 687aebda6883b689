import { median, type Flavour } from '@etcd-ts/testkit';

import { KEY_PREFIX } from '../distinct-key.js';
import type { KeyCall } from '../generator-job.js';
import { storeWorkload, takeIndexes, watchFanOut } from '../generator-workload.js';
import type { Group, Progress } from '../group.js';
import { DishonestRun, measure } from '../measurement.js';
import { OneMember } from '../one-member.js';
import type { Sizes } from '../options.js';
import { detailsOf, RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';

/** Of stores; those above `--keys` are left out, and `--keys` itself is the last. */
const STORES = [10_000, 100_000, 1_000_000];
export const CLIENTS = [1, 10, 100, 1000];
export const CALLS: readonly KeyCall[] = ['put', 'range', 'serializable', 'txn'];
const COUNTS = 5;
const LOAD_ATTEMPTS = 3;
const MEBIBYTE = 2 ** 20;
const LOADS_PER_SECOND = 15_000;
/** Starting the generator and reading counters, beside what is measured. */
const SECONDS_BESIDE = 0.7;
/** These are points of a curve: so many that each is short. */
const PART_OF_SECONDS = 0.4;

function storesUpTo(most: number): readonly number[] {
  return [...STORES.filter((keys) => keys < most), most];
}

interface Store {
  readonly firstKey: number;
  readonly keys: number;
}

/** All keys are counted, several times; gives the median of the milliseconds it took. */
async function countMs(subject: OneMember, keys: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < COUNTS; i++) {
    const { count, milliseconds } = await subject.countPrefix(KEY_PREFIX);
    if (count !== keys) throw new DishonestRun(`${subject.flavour} has ${count} keys of ${keys}`);
    times.push(milliseconds);
  }
  return median(times);
}

/** What the store costs while nothing is asked, and when the server starts again over it. */
async function measureStore(table: RowTable, subject: OneMember, keys: number): Promise<void> {
  const at = { keys, clients: 0 };
  const add = (what: string, unit: string, value: number): void =>
    table.add(`${what}, ${keys} keys`, unit, subject.flavour, value, {}, at);
  add('RSS after the load', 'MiB', subject.residentBytes / MEBIBYTE);
  add('data directory', 'MiB', (await subject.diskBytes()) / MEBIBYTE);
  add('restart until the first answer', 's', await subject.restart());
  add('RSS after the restart', 'MiB', subject.residentBytes / MEBIBYTE);
  add('count of a prefix of all', 'ms', await countMs(subject, keys));
}

interface LoadedMember {
  readonly subject: OneMember;
  readonly store: Store;
  readonly keysPerSecond: number;
}

/**
 * A fresh server over so many keys. One that did not take all of them (the original refuses some when its
 * disk is slow) is no such store: it is given up for another, for a long run would end with it.
 */
async function loadedMember(
  flavour: Flavour,
  keys: number,
  progress: Progress,
): Promise<LoadedMember> {
  for (let attempt = 1; ; attempt++) {
    const subject = await OneMember.start(flavour);
    const store = { firstKey: takeIndexes(keys), keys };
    try {
      const keysPerSecond = keys / (await subject.load(keys, store.firstKey));
      return { subject, store, keysPerSecond };
    } catch (error) {
      await subject.dispose();
      if (attempt === LOAD_ATTEMPTS || !(error instanceof DishonestRun)) throw error;
      progress(`${error.message}; another`);
    }
  }
}

async function measureCalls(
  table: RowTable,
  subject: OneMember,
  store: Store,
  sizes: Sizes,
  progress: Progress,
): Promise<void> {
  const seconds = sizes.seconds * PART_OF_SECONDS;
  const point = async (
    workload: ReturnType<typeof watchFanOut>,
    clients: number,
  ): Promise<void> => {
    progress(`${subject.flavour}, ${store.keys} keys: ${workload.name}`);
    const measured = await measure(subject, workload, seconds);
    const name = `${workload.name}, ${store.keys} keys`;
    const at = { keys: store.keys, clients };
    table.add(name, workload.unit, subject.flavour, measured.perSecond, detailsOf(measured), at);
  };
  for (const call of CALLS) {
    await measure(subject, storeWorkload(call, store, 100), sizes.warmUpSeconds);
    for (const clients of CLIENTS) await point(storeWorkload(call, store, clients), clients);
  }
  for (const watchers of CLIENTS) await point(watchFanOut(watchers), watchers);
}

export const GROWTH: Group = {
  name: 'growth',
  title: 'Growth with keys and clients',
  about:
    'Keys of 64 bytes with values of 256, asked for in no order by our own generator, each client with a ' +
    'connection of its own. Each store is loaded into a fresh server, looked at, restarted, and asked.',
  minutes: ({ keys, seconds, warmUpSeconds }) => {
    const points =
      (CALLS.length + 1) * CLIENTS.length * (seconds * PART_OF_SECONDS + SECONDS_BESIDE);
    const store = points + CALLS.length * (warmUpSeconds + SECONDS_BESIDE);
    const restart = (keys / 1e6) * 20;
    return (2 * (keys / LOADS_PER_SECOND + restart + storesUpTo(keys).length * (store + 4))) / 60;
  },
  run: async (sizes, progress) => {
    const table = new RowTable();
    for (const keys of storesUpTo(sizes.keys)) {
      for (const flavour of FLAVOURS) {
        progress(`${flavour}: ${keys} keys`);
        const { subject, store, keysPerSecond } = await loadedMember(flavour, keys, progress);
        try {
          const at = { keys, clients: 0 };
          table.add(`load, ${keys} keys`, 'keys/s', flavour, keysPerSecond, {}, at);
          // First: what is put while calls are measured is history that a fast server has more of.
          await measureStore(table, subject, keys);
          await measureCalls(table, subject, store, sizes, progress);
        } finally {
          await subject.dispose();
        }
      }
    }
    return table.rows();
  },
};
