import type { Verdict } from './verdict.js';
import { OK, violation } from './verdict.js';

/** One time that a client held a lock. */
export interface LockHold {
  readonly client: number;
  /** The fencing token: the revision at which the lock's key was created. */
  readonly token: number;
  /** Logical clock: acquiring invoked, acquiring returned, releasing invoked (Infinity: never). */
  readonly askedAt: number;
  readonly heldFrom: number;
  readonly heldTo: number;
}

/** A write to what the lock protects, which showed the token and was accepted. */
export interface FencedWrite {
  readonly token: number;
  /** The revision the write made: the order in which writes took effect. */
  readonly revision: number;
}

/**
 * What locks on leases do promise: tokens grow with each new holder, and what is protected accepts
 * none that is older than one it has seen.
 */
export function checkFencing(holds: readonly LockHold[], writes: readonly FencedWrite[]): Verdict {
  const tokens = new Map<number, LockHold>();
  for (const hold of holds) {
    const other = tokens.get(hold.token);
    if (other !== undefined) {
      return violation('lock-token', `${describe(hold)} and ${describe(other)} share a token`);
    }
    tokens.set(hold.token, hold);
  }
  const newer = firstOldTokenInTime(holds);
  if (newer !== undefined) return newer;
  let highest: FencedWrite | undefined;
  for (const write of [...writes].sort((a, b) => a.revision - b.revision)) {
    if (!tokens.has(write.token)) {
      return violation(
        'lock-token',
        `a write at ${write.revision} showed ${write.token}, nobody's`,
      );
    }
    if (highest !== undefined && write.token < highest.token) {
      const message = `token ${write.token} was accepted at ${write.revision}, after ${highest.token}`;
      return violation('lock-fence', `${message} at ${highest.revision}`);
    }
    highest = write;
  }
  return OK;
}

/**
 * What locks on leases do not promise: that no two clients ever believe they hold one. A run with
 * pauses longer than the TTL must fail this check, or the harness is blind.
 */
export function checkMutualExclusion(holds: readonly LockHold[]): Verdict {
  let last: LockHold | undefined;
  for (const hold of [...holds].sort((a, b) => a.heldFrom - b.heldFrom)) {
    if (last !== undefined && hold.heldFrom < last.heldTo) {
      return violation('lock-shared', `${describe(last)} and ${describe(hold)} at the same time`);
    }
    if (last === undefined || hold.heldTo > last.heldTo) last = hold;
  }
  return OK;
}

export interface SetAdd {
  readonly element: string;
  readonly outcome: 'ok' | 'failed' | 'unknown';
}

/** Elements added one by one (by compare-and-swap, or under a lock), and what was there at the end. */
export function checkSet(adds: readonly SetAdd[], final: readonly string[]): Verdict {
  const present = new Set(final);
  if (present.size < final.length) return violation('set-duplicate', 'an element is there twice');
  const possible = new Set<string>();
  const lost: string[] = [];
  for (const { element, outcome } of adds) {
    if (outcome !== 'failed') possible.add(element);
    if (outcome === 'ok' && !present.has(element)) lost.push(element);
  }
  if (lost.length > 0) {
    const some = lost.slice(0, 5).join(', ');
    return violation('set-lost', `${lost.length} acknowledged elements are lost: ${some}`);
  }
  const unasked = final.find((element) => !possible.has(element));
  return unasked === undefined ? OK : violation('set-phantom', `nobody added ${unasked}`);
}

function firstOldTokenInTime(holds: readonly LockHold[]): Verdict | undefined {
  const byStart = [...holds].sort((a, b) => a.askedAt - b.askedAt);
  const byEnd = [...holds].sort((a, b) => a.heldFrom - b.heldFrom);
  let ended = 0;
  let highest: LockHold | undefined;
  for (const hold of byStart) {
    for (; ended < byEnd.length; ended++) {
      const earlier = byEnd[ended] as LockHold;
      if (earlier.heldFrom >= hold.askedAt) break;
      if (highest === undefined || earlier.token > highest.token) highest = earlier;
    }
    if (highest !== undefined && hold.token < highest.token) {
      return violation('lock-token', `${describe(hold)} came after ${describe(highest)}`);
    }
  }
  return undefined;
}

function describe({ client, token, heldFrom, heldTo }: LockHold): string {
  return `client ${client} with token ${token} from ${heldFrom} to ${heldTo}`;
}
