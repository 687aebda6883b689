import { Campaign } from './campaign.js';
import { ISOLATE_LEADER } from './faults/network-faults.js';
import {
  KILL_ALL,
  KILL_FOLLOWER,
  KILL_LEADER,
  KILL_MAJORITY,
  PAUSE_LEADER,
  REPLACE_FOLLOWER,
  ROLLING_RESTART,
  STOP_LEADER,
} from './faults/process-faults.js';
import { KIND } from './kind.js';

// What waits has its own deadline; together they take long on a machine with other work to do.
const BRIEFLY_MS = 500;

/**
 * What is asserted is what must never happen: a lost write, members that differ, an answer no order
 * of all operations explains. How long the cluster did not serve is measured by the command
 * `npm run cluster`.
 */
describe('a cluster of three under load', () => {
  let campaign: Campaign;
  beforeAll(async () => {
    const seed = Math.floor(Date.now() / 1000) % 1_000_000;
    campaign = await Campaign.start({ flavour: KIND, members: 3, seed });
  });
  afterAll(() => campaign?.dispose());

  it.each([
    [
      'kill -9 of its leader, of a follower, of a majority, of all',
      [KILL_LEADER, KILL_FOLLOWER, KILL_MAJORITY, KILL_ALL],
    ],
    ['a leader that stands still and one that nobody reaches', [PAUSE_LEADER, ISOLATE_LEADER]],
    [
      'a leader that stops, a rolling restart, a member that lost its disk',
      [STOP_LEADER, ROLLING_RESTART, REPLACE_FOLLOWER],
    ],
  ])('keeps its promises through %s', async (_what, faults) => {
    const { acknowledgedWrites } = await campaign.epoch(faults, BRIEFLY_MS);
    // With hardly a write nothing is proved.
    expect(acknowledgedWrites).toBeGreaterThan(30);
  });
});
