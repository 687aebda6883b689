import { DISTINCT_PUTS, LEASE_GRANTS, watchFanOut } from '../generator-workload.js';
import { START_SECONDS, type Group } from '../group.js';
import {
  h2loadWorkload,
  HOT_KEY,
  LINEARIZABLE,
  PUT,
  SERIALIZABLE,
  TXN,
  VALUE_BYTES,
} from '../h2load-workload.js';
import { measureWarm } from '../measurement.js';
import { OneMember } from '../one-member.js';
import { detailsOf, RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';
import type { Workload } from '../workload.js';

/** Counters, the generator's start and a pilot, beside the time that is measured. */
const SECONDS_BESIDE = 1;

/** Workloads one after the other on one fresh server, then on the other, round by round. */
function closedLoop(
  name: string,
  title: string,
  about: string,
  workloads: readonly Workload[],
): Group {
  return {
    ...{ name, title, about },
    minutes: ({ rounds, seconds, warmUpSeconds }) => {
      const turn = workloads.length * (seconds + warmUpSeconds + SECONDS_BESIDE) + START_SECONDS;
      return (rounds * FLAVOURS.length * turn) / 60;
    },
    run: async (sizes, progress) => {
      const table = new RowTable();
      for (let round = 1; round <= sizes.rounds; round++) {
        for (const flavour of FLAVOURS) {
          const subject = await OneMember.start(flavour);
          try {
            await subject.put(HOT_KEY, VALUE_BYTES);
            for (const workload of workloads) {
              progress(`round ${round} of ${sizes.rounds}, ${flavour}: ${workload.name}`);
              const measured = await measureWarm(subject, workload, sizes);
              const details = detailsOf(measured);
              table.add(workload.name, workload.unit, flavour, measured.perSecond, details);
            }
          } finally {
            await subject.dispose();
          }
        }
      }
      return table.rows();
    },
  };
}

const HOT = 'One key of 256 bytes, asked for by h2load, in as many calls at once as the row says.';
const WATCHERS = 1000;

export const CLOSED_LOOPS: readonly Group[] = [
  closedLoop('put', 'Puts', `${HOT} The distinct keys are of 64 bytes, from our own generator.`, [
    ...[h2loadWorkload(PUT, 1000), h2loadWorkload(PUT, 100), h2loadWorkload(PUT, 1)],
    DISTINCT_PUTS,
  ]),
  closedLoop('range', 'Reads of one key', HOT, [
    ...[h2loadWorkload(LINEARIZABLE, 1000), h2loadWorkload(LINEARIZABLE, 100)],
    h2loadWorkload(LINEARIZABLE, 1),
    ...[h2loadWorkload(SERIALIZABLE, 1000), h2loadWorkload(SERIALIZABLE, 100)],
  ]),
  closedLoop('txn', 'Transactions', `${HOT} The compare holds, then the key is put.`, [
    ...[h2loadWorkload(TXN, 1000), h2loadWorkload(TXN, 100)],
  ]),
  closedLoop(
    'watch',
    'Watch fan-out',
    'Eight puts at most are ahead of the slowest watcher; every event is counted at its end.',
    [watchFanOut(WATCHERS)],
  ),
  closedLoop('lease', 'Lease grants', 'Each with an id of its own, from our own generator.', [
    LEASE_GRANTS,
  ]),
];
