import { pause } from '@etcd-ts/testkit';

import { START_SECONDS, type Group } from '../group.js';
import { OneMember } from '../one-member.js';
import { RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';

const SETTLE_SECONDS = 3;
const MEBIBYTE = 2 ** 20;
/** One start is short, and differs from the next. */
const STARTS_PER_ROUND = 2;

export const IDLE: Group = {
  name: 'idle',
  title: 'A server that has nothing to do',
  about:
    'From the start of the process on an empty directory until it says that it serves clients and has ' +
    `answered a linearizable read; its memory ${SETTLE_SECONDS} seconds later, and the CPU it used until then.`,
  minutes: ({ rounds }) =>
    (rounds * STARTS_PER_ROUND * FLAVOURS.length * (START_SECONDS + SETTLE_SECONDS)) / 60,
  run: async (sizes, progress) => {
    const table = new RowTable();
    for (let round = 1; round <= sizes.rounds * STARTS_PER_ROUND; round++) {
      for (const flavour of FLAVOURS) {
        progress(`start ${round} of ${sizes.rounds * STARTS_PER_ROUND}, ${flavour}`);
        const startedAt = performance.now();
        const subject = await OneMember.start(flavour);
        try {
          await subject.countPrefix('any');
          table.add('start to ready', 's', flavour, (performance.now() - startedAt) / 1000);
          await pause(SETTLE_SECONDS * 1000);
          table.add('RSS idle', 'MiB', flavour, subject.residentBytes / MEBIBYTE);
          const { cpuSeconds } = await subject.counters();
          table.add('CPU until then', 's', flavour, cpuSeconds);
        } finally {
          await subject.dispose();
        }
      }
    }
    return table.rows();
  },
};
