import type { FailpointName } from './names.js';
import type { Returned } from './registry.js';

/** Whoever decides what happens at failpoints. */
export interface Failpoints {
  reach(name: FailpointName): Returned | undefined;
}

/**
 * The one piece of state in this house that belongs to a process and not to a node: failpoints are
 * about processes that die. It exists only in builds that are made to fail.
 */
let active: Failpoints | undefined;

/** From now on this process fails where these say. */
export function activateFailpoints(failpoints: Failpoints | undefined): void {
  active = failpoints;
}

/**
 * A place where a process can be made to crash, to stand still, or to go another way. It is always
 * written as a statement labelled FAILPOINT: the build drops those, label and all, unless it is asked
 * for a program with failpoints, so that nothing of this is in what users run.
 */
export function failpoint(name: FailpointName): Returned | undefined {
  return active?.reach(name);
}
