import type { Group } from '../group.js';
import { detailsOf, RowTable } from '../row-table.js';
import { FLAVOURS } from '../sides.js';
import { measureV2 } from '../v2-figures.js';

const WORKLOADS = 3;
/** One second of warmth, the start of wrk, and counters. */
const SECONDS_BESIDE = 2.5;

export const V2: Group = {
  name: 'v2',
  title: 'The v2 API',
  about:
    'PUT and GET of one key of 256 bytes by wrk; one put answers all long polls, then they are asked ' +
    'again from the next index. Answers that are no 2xx, or that /v2/stats/store has not counted, void ' +
    'the run.',
  minutes: ({ rounds, seconds }) => (rounds * 2 * WORKLOADS * (seconds + SECONDS_BESIDE)) / 60,
  run: async ({ rounds, seconds }) => {
    const table = new RowTable();
    for (const [name, sides] of await measureV2(rounds, seconds)) {
      for (const flavour of FLAVOURS) {
        for (const run of sides[flavour]) {
          table.add(name, sides.unit, flavour, run.perSecond, detailsOf(run));
        }
      }
    }
    return table.rows();
  },
};
