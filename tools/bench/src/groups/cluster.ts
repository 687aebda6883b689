import { type Group } from '../group.js';
import { h2loadWorkload, PUT } from '../h2load-workload.js';
import { measureWarm } from '../measurement.js';
import { detailsOf, RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';
import { ThreeMembers } from '../three-members.js';

/** Three processes of each, their first election, and that a quorum follows. */
const CLUSTER_START_SECONDS = 8;
const SECONDS_BESIDE = 1;

const TURNS = [
  { role: 'leader', workload: h2loadWorkload(PUT, 1000) },
  { role: 'leader', workload: h2loadWorkload(PUT, 100) },
  { role: 'leader', workload: h2loadWorkload(PUT, 1) },
  { role: 'follower', workload: h2loadWorkload(PUT, 1000) },
] as const;

export const CLUSTER: Group = {
  name: 'cluster',
  title: 'Puts in a cluster of three on this machine',
  about:
    'Three processes, all on the same two cores and disk, and all puts sent to one of them. CPU is ' +
    'that of all three; each has to have synced its log.',
  minutes: ({ rounds, seconds, warmUpSeconds }) =>
    (rounds *
      FLAVOURS.length *
      (TURNS.length * (seconds + warmUpSeconds + SECONDS_BESIDE) + CLUSTER_START_SECONDS)) /
    60,
  run: async (sizes, progress) => {
    const table = new RowTable();
    for (let round = 1; round <= sizes.rounds; round++) {
      for (const flavour of FLAVOURS) {
        progress(`round ${round} of ${sizes.rounds}, ${flavour}: start`);
        const subject = await ThreeMembers.start(flavour);
        try {
          for (const { role, workload } of TURNS) {
            await subject.aimAt(role);
            const name = `${workload.name}, to the ${role}`;
            progress(`round ${round} of ${sizes.rounds}, ${flavour}: ${name}`);
            const measured = await measureWarm(subject, workload, sizes);
            table.add(name, workload.unit, flavour, measured.perSecond, detailsOf(measured));
          }
        } finally {
          await subject.dispose();
        }
      }
    }
    return table.rows();
  },
};
