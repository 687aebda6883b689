import { readFileSync } from 'node:fs';

import { eventually } from '@etcd-ts/testkit';

import type { Fault } from '../../cluster/faults/fault.js';
import { NETWORK_FAULTS } from '../../cluster/faults/network-faults.js';
import { PROCESS_FAULTS, REPLACE_FOLLOWER } from '../../cluster/faults/process-faults.js';
import type { ChaosFault } from './chaos-fault.js';
import { Observation } from './observation.js';

const STOPPED_TIMEOUT_MS = 5_000;

/** SIGSTOP shows in the state of the process: not before it had the processor to take it. */
function stopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return /^T/u.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function rowOf({ name }: Fault): string {
  if (/SIGSTOP/u.test(name)) return 'F7';
  return /replace/u.test(name) ? 'F12' : 'F1';
}

/** Those end processes: that they ended is awaited as part of it. */
function ofProcesses(fault: Fault): ChaosFault {
  return {
    name: fault.name,
    row: rowOf(fault),
    ...(fault.minSize === undefined ? {} : { minSize: fault.minSize }),
    ...(/SIGSTOP/u.test(fault.name) ? { lastsMs: [500, 10_000] as const } : {}),
    inflict: async ({ cluster, rng }) => {
      const heal = await fault.inflict(cluster, rng);
      const paused = cluster.members.filter(({ isPaused }) => isPaused);
      const down = cluster.members.filter(({ isUp }) => !isUp).map(({ name }) => name);
      const isStopped = await eventually(
        'all are stopped',
        () => paused.every(({ pid }) => stopped(pid ?? 0)) || undefined,
        STOPPED_TIMEOUT_MS,
      ).catch(() => false);
      // Nobody is down any more when each was ended in turn; who is replaced is removed and added.
      const inTurn = fault === REPLACE_FOLLOWER ? 2 : cluster.members.length;
      const times = paused.length + down.length === 0 ? inTurn : paused.length + down.length;
      const proof =
        paused.length > 0
          ? isStopped
            ? `${paused.length} stopped`
            : undefined
          : `${down.length === 0 ? 'each' : down.join(', ')} ended`;
      return { heal, proof: () => proof, times, isOver: fault === REPLACE_FOLLOWER };
    },
  };
}

/** Until it was felt by some member, or for some seconds where none has to. */
export function ofTheNetwork(fault: Fault): ChaosFault {
  const { name, minSize, isQuiet = false } = fault;
  return {
    name,
    row: /delayed/u.test(name) ? 'F6' : 'F4',
    ...(minSize === undefined ? {} : { minSize }),
    lastsMs: [2_500, 6_000],
    inflict: async ({ cluster, rng }) => {
      const observation = await Observation.start(cluster);
      const heal = await fault.inflict(cluster, rng);
      let bytesHeld = 0;
      return {
        heal: async () => {
          await observation.stop();
          bytesHeld = cluster.links.bytesUnderWay;
          await heal();
        },
        proof: () =>
          observation.finding ??
          (isQuiet && bytesHeld > 0 ? `${bytesHeld} bytes did not arrive` : undefined),
        ...(!isQuiet && { isFelt: () => observation.finding !== undefined }),
      };
    },
  };
}

/** The faults that campaigns on clusters have always had. */
export const KNOWN_FAULTS: readonly ChaosFault[] = [
  ...PROCESS_FAULTS.map(ofProcesses),
  ...NETWORK_FAULTS.filter(({ name }) => !/delayed/u.test(name)).map(ofTheNetwork),
];
