import type { SeededRng } from '@etcd-ts/foundation';

import { ALL_FAULTS, type Cell } from './cell.js';
import type { ChaosFault } from './faults/chaos-fault.js';
import { ALL_WORKLOADS, type WorkloadKind } from './traffic/workload-kinds.js';

/** What a campaign tries. */
export interface Choice {
  readonly members: number;
  /** Parts of faults' names, or rows of the matrix, with commas between; all unless said. */
  readonly fault?: string;
  /** Letters of workloads; all unless said. */
  readonly workload?: string;
}

export function chosenFaults({ members, fault }: Choice): readonly ChaosFault[] {
  const named = fault?.split(',');
  return ALL_FAULTS.filter(
    ({ name, row, minSize = 1 }) =>
      minSize <= members && (named?.some((part) => row === part || name.includes(part)) ?? true),
  );
}

export function chosenWorkloads({ workload }: Choice): readonly WorkloadKind[] {
  return ALL_WORKLOADS.filter((kind) => workload?.includes(kind) ?? true);
}

export function allows(fault: ChaosFault, workload: WorkloadKind): boolean {
  return fault.without?.includes(workload) !== true;
}

export function cellsOf(choice: Choice): readonly Cell[] {
  const workloads = chosenWorkloads(choice);
  return chosenFaults(choice).flatMap((fault) =>
    workloads
      .filter((workload) => allows(fault, workload))
      .map((workload) => ({ fault, workload })),
  );
}

export function shuffled<T>(list: readonly T[], rng: SeededRng): T[] {
  const order = [...list];
  for (let at = order.length - 1; at > 0; at--) {
    const other = rng.below(at + 1);
    const [one, two] = [order[at], order[other]];
    if (one === undefined || two === undefined) throw new Error('inside the list');
    [order[at], order[other]] = [two, one];
  }
  return order;
}
