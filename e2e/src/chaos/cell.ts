import type { ChaosFault } from './faults/chaos-fault.js';
import { FAILPOINT_FAULTS } from './faults/failpoint-faults.js';
import { KNOWN_FAULTS } from './faults/known-faults.js';
import { LINK_FAULTS } from './faults/link-faults.js';
import { MACHINE_FAULTS } from './faults/machine-faults.js';
import { MEMBER_FAULTS } from './faults/member-faults.js';
import type { WorkloadKind } from './traffic/workload-kinds.js';

/** One fault under one workload: what a run tries. */
export interface Cell {
  readonly fault: ChaosFault;
  readonly workload: WorkloadKind;
}

export const ALL_FAULTS: readonly ChaosFault[] = [
  ...KNOWN_FAULTS,
  ...LINK_FAULTS,
  ...MACHINE_FAULTS,
  ...MEMBER_FAULTS,
  ...FAILPOINT_FAULTS,
];

/** How a run ended. */
export type Outcome =
  | { readonly kind: 'kept'; readonly effect: string; readonly operations: number }
  /** It proves nothing: too few operations before the fault, or nobody felt it. */
  | { readonly kind: 'void'; readonly reason: string; readonly operations: number }
  | { readonly kind: 'broken'; readonly message: string };

export function titleOf({ workload, fault }: Cell): string {
  return `${workload} × ${fault.name}`;
}
