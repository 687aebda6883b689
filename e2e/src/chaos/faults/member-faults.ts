import type { ChaosFault } from './chaos-fault.js';

/** A learner joins under load, becomes a voter, and leaves again: three changes. */
const GROW_AND_SHRINK: ChaosFault = {
  name: 'a member joins, is promoted, leaves',
  row: 'F12',
  lastsMs: [0, 500],
  inflict: async ({ cluster }) => {
    const joined = await cluster.add({ learner: true });
    await joined.start();
    await cluster.promote(joined);
    return {
      heal: async () => {
        await cluster.remove(joined);
        await cluster.retire(joined);
      },
      proof: () => '3 changes',
    };
  },
};

/**
 * All but the leader are lost with their disks, and it goes on alone. Nothing acknowledged may be
 * lost: the others end first, so nothing is acknowledged that the leader does not have.
 */
const FORCE_NEW_CLUSTER: ChaosFault = {
  name: 'force-new-cluster from the leader',
  row: 'F12',
  minSize: 3,
  lastsMs: [0, 500],
  inflict: async ({ cluster }) => {
    const leader = await cluster.leader();
    const others = cluster.members.filter((member) => member !== leader);
    await Promise.all(others.map((member) => member.kill()));
    await leader.stop('SIGTERM');
    return {
      heal: () => cluster.refound(leader),
      proof: () => (leader.log.includes('forc') ? `${leader.name} went on alone` : undefined),
    };
  },
};

/** Their connections stay open and are not read from. */
const SLOW_WATCHERS: ChaosFault = {
  name: 'watchers stop reading',
  row: 'F14',
  lastsMs: [3_000, 6_000],
  inflict: ({ watches }) => {
    const count = watches.pause();
    return Promise.resolve({
      heal: () => {
        watches.resume();
        return Promise.resolve();
      },
      proof: () => (count > 0 ? `${count} watchers did not read` : undefined),
    });
  },
};

export const MEMBER_FAULTS: readonly ChaosFault[] = [
  GROW_AND_SHRINK,
  FORCE_NEW_CLUSTER,
  SLOW_WATCHERS,
];
