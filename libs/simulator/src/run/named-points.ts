import { activateFailpoints, FAILPOINT_NAMES } from '@etcd-ts/failpoint';
import type { FailpointName } from '@etcd-ts/failpoint';

import type { Machine } from '../member/machine.js';
import type { Process } from '../time/event-queue.js';

/** Steps of what is not simulated: gRPC, streams between members, defragmenting. */
const ELSEWHERE: readonly FailpointName[] = [
  'beforeSendWatchResponse',
  'defragBeforeCopy',
  'raftDropHeartbeat',
];

/** Only who has missed much comes there. */
export const POINTS_OF_RECEIVED_SNAPSHOTS: readonly FailpointName[] = [
  'applyAfterOpenSnapshot',
  'applyBeforeOpenSnapshot',
  'raftAfterApplySnap',
  'raftAfterSaveSnap',
  'raftAfterWALRelease',
  'raftBeforeApplySnap',
  'raftBeforeSaveSnap',
];

export const POINTS_AT_ANY_TIME: readonly FailpointName[] = FAILPOINT_NAMES.filter(
  (name) => !ELSEWHERE.includes(name) && !POINTS_OF_RECEIVED_SNAPSHOTS.includes(name),
);

export interface NamedPointParts {
  /** Whose code runs at this moment. */
  readonly running: () => Process | undefined;
  readonly machineOf: (process: Process) => Machine | undefined;
}

interface Armed {
  readonly machine: Machine;
  passes: number;
  readonly reached: () => void;
}

/**
 * Where machines stop in the midst of their work: at the steps at which failpoints stand. Other
 * faults happen between two events, when all that one has caused is over.
 *
 * Nothing can stop the code of a process that has died so: it goes on to the end of its event. But
 * what it writes goes to a disk that nobody reads any more, and whatever it says is not heard.
 */
export class NamedPoints {
  readonly #parts: NamedPointParts;
  readonly #armed = new Map<FailpointName, Armed[]>();
  readonly #deaths = new Map<string, number>();

  constructor(parts: NamedPointParts) {
    this.#parts = parts;
  }

  /** How many died at each. */
  get deaths(): ReadonlyMap<string, number> {
    return this.#deaths;
  }

  /** There is one for all simulations of a process: only the last that called this has its points. */
  activate(): () => void {
    activateFailpoints({
      reach: (name) => {
        this.#reach(name);
        return undefined;
      },
    });
    return () => activateFailpoints(undefined);
  }

  /** Calls back, once, when the machine comes to the point after so many passes. */
  arm(machine: Machine, point: FailpointName, passes: number, reached: () => void): void {
    const armed = this.#armed.get(point);
    const one = { machine, passes, reached };
    if (armed === undefined) this.#armed.set(point, [one]);
    else armed.push(one);
  }

  disarmAll(): void {
    this.#armed.clear();
  }

  #reach(name: FailpointName): void {
    const armed = this.#armed.get(name);
    const process = this.#parts.running();
    if (armed === undefined || process?.alive !== true) return;
    const machine = this.#parts.machineOf(process);
    const at = armed.findIndex((one) => one.machine === machine);
    const one = armed[at];
    if (one === undefined || one.passes-- > 0) return;
    armed.splice(at, 1);
    this.#deaths.set(name, (this.#deaths.get(name) ?? 0) + 1);
    one.reached();
  }
}
