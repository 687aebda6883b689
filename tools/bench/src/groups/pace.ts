import { pause } from '@etcd-ts/testkit';

import { storeWorkload, takeIndexes } from '../generator-workload.js';
import { START_SECONDS, type Group } from '../group.js';
import { measureWarm } from '../measurement.js';
import { OneMember } from '../one-member.js';
import { RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';
import { pacedPutsDuring } from './paced-run.js';

const KEYS = 10_000;
const PARTS_OF_ETCDS_MOST = [0.5, 0.8];
/** Enough puts that one of a thousand is not one alone. */
const SECONDS_EACH = 6;

export const PACE: Group = {
  name: 'pace',
  title: 'Latency of puts at a fixed pace',
  about:
    'An open loop: each put is due at its time whatever the server does, and its latency counts from ' +
    "then. The pace is a part of what etcd does with 100 clients that wait. p99.9 is the row's figure.",
  minutes: ({ rounds, seconds, warmUpSeconds }) =>
    (seconds +
      warmUpSeconds +
      START_SECONDS +
      2 +
      rounds * 2 * (START_SECONDS + 2 * (SECONDS_EACH + 4))) /
    60,
  run: async (sizes, progress) => {
    const table = new RowTable();
    let most = 0;
    for (let round = 1; round <= sizes.rounds; round++) {
      for (const flavour of FLAVOURS) {
        const subject = await OneMember.start(flavour);
        try {
          const store = { firstKey: takeIndexes(KEYS), keys: KEYS };
          await subject.load(store.keys, store.firstKey);
          progress(`round ${round} of ${sizes.rounds}, ${flavour}: warm up`);
          const closed = await measureWarm(subject, storeWorkload('put', store, 100), sizes);
          if (most === 0) most = closed.perSecond;
          for (const part of PARTS_OF_ETCDS_MOST) {
            progress(`round ${round} of ${sizes.rounds}, ${flavour}: ${part} of etcd's most`);
            const pace = { ...store, perSecond: most * part };
            const run = await pacedPutsDuring(subject, pace, () => pause(SECONDS_EACH * 1000));
            table.add(`p99.9 at ${part * 100} % of etcd's most`, 'ms', flavour, run.p999Ms, {
              ...{ 'p50 ms': run.p50Ms, 'p99 ms': run.p99Ms },
              ...{ 'puts/s': run.achievedPerSecond, 'failed puts': run.failed },
            });
          }
        } finally {
          await subject.dispose();
        }
      }
    }
    return table.rows();
  },
};
