import type { FailpointName } from './names.js';
import type { FailpointRegistry, Returned } from './registry.js';

/**
 * The one piece of state in this house that belongs to a process and not to a node: failpoints are
 * about processes that die. It exists only in builds that are made to fail.
 */
let active: FailpointRegistry | undefined;

/** From now on this process fails where the registry says. */
export function activateFailpoints(registry: FailpointRegistry | undefined): void {
  active = registry;
}

/**
 * A place where a process can be made to crash, to stand still, or to go another way. It is always
 * written as a statement labelled FAILPOINT: the build drops those, label and all, unless it is asked
 * for a program with failpoints, so that nothing of this is in what users run.
 */
export function failpoint(name: FailpointName): Returned | undefined {
  return active?.reach(name);
}
