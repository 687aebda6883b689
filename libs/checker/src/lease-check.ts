import type { HistoryEntry } from './history.js';
import type { Operation } from './operation.js';
import type { Timeline } from './timeline.js';
import type { Verdict } from './verdict.js';
import { OK, violation } from './verdict.js';

export interface LeaseCheckOptions {
  /** How much faster than the client's clock any member's may run: 1.01 for one per cent. */
  readonly fastestClock?: number;
  /** When else revisions were known to be there, such as from watches; sharpens the check. */
  readonly sightings?: readonly { readonly revision: number; readonly atMs: number }[];
  /** If given, keys of a lease that ran out this long before the end must be gone. */
  readonly overdue?: { readonly endMs: number; readonly slackMs: number };
}

/**
 * Leases (L1-L3), by the client's clock: a lease lives at least its TTL from the moment its last
 * acknowledged renewal was sent, and stays dead once it is known to be. That its keys go together,
 * in one revision, and never come back under it, is what `checkRevisions` made sure of; timeline and
 * explanations are its result. Leases whose id was granted twice are left out.
 */
export function checkLeases(
  entries: readonly HistoryEntry[],
  timeline: Timeline,
  explanations: ReadonlyMap<number, HistoryEntry | bigint>,
  options: LeaseCheckOptions = {},
): Verdict {
  const lives = collectLives(entries);
  const seen = new FirstSeen(entries, options.sightings ?? []);
  for (const [revision, by] of explanations) {
    const life = typeof by === 'bigint' ? lives.get(by) : undefined;
    if (life === undefined) continue;
    const death: Death = {
      atMs: seen.atMs(revision),
      after: Infinity,
      how: `its keys went at ${revision}`,
    };
    life.deaths.push(death);
  }
  for (const [lease, life] of lives) {
    if (life.grants !== 1) continue;
    const verdict = checkLife(lease, life, options.fastestClock ?? 1);
    if (verdict.kind !== 'ok') return verdict;
  }
  return options.overdue === undefined ? OK : checkOverdue(lives, timeline, options.overdue);
}

/** When a lease was known to be gone, and to whom. */
interface Death {
  readonly atMs: number;
  /** What returned by then came before it; Infinity: cannot be told by the logical clock. */
  readonly after: number;
  readonly how: string;
  readonly entry?: HistoryEntry;
}

interface Life {
  grants: number;
  grant: HistoryEntry | undefined;
  readonly renewals: HistoryEntry[];
  readonly revokes: HistoryEntry[];
  readonly deaths: Death[];
  /** Renewals that may still have happened. */
  unknownRenewals: number;
}

function collectLives(entries: readonly HistoryEntry[]): Map<bigint, Life> {
  const lives = new Map<bigint, Life>();
  const lifeOf = (lease: bigint): Life => {
    const known = lives.get(lease);
    if (known !== undefined) return known;
    const life: Life = {
      grants: 0,
      grant: undefined,
      renewals: [],
      revokes: [],
      deaths: [],
      unknownRenewals: 0,
    };
    lives.set(lease, life);
    return life;
  };
  for (const entry of entries) {
    const lease = leaseOf(entry.operation);
    if (lease !== undefined && lease !== 0n) note(lifeOf(lease), entry);
  }
  return lives;
}

function note(life: Life, entry: HistoryEntry): void {
  const { operation, outcome } = entry;
  if (outcome.kind === 'failed') {
    if (outcome.failure !== 'leaseNotFound') return;
    const how = `#${entry.id} was told so`;
    life.deaths.push({ atMs: entry.returnedAtMs, after: entry.invokedAt, how, entry });
  } else if (operation.kind === 'leaseGrant') {
    life.grants++;
    if (outcome.kind === 'ok') life.grant = entry;
  } else if (operation.kind === 'leaseRevoke') {
    life.revokes.push(entry);
  } else if (operation.kind === 'leaseKeepAlive') {
    if (outcome.kind === 'unknown') life.unknownRenewals++;
    else if (ttlMs(entry) > 0) life.renewals.push(entry);
  }
}

function leaseOf(operation: Operation): bigint | undefined {
  switch (operation.kind) {
    case 'leaseGrant':
    case 'leaseRevoke':
    case 'leaseKeepAlive':
    case 'put':
      return operation.lease;
    default:
      return undefined;
  }
}

function checkLife(lease: bigint, life: Life, fastestClock: number): Verdict {
  const { grant, renewals, deaths, revokes } = life;
  if (grant === undefined) return OK;
  const dead = checkStaysDead(lease, life);
  if (dead.kind !== 'ok') return dead;
  for (const death of deaths) {
    // A refusal that may have come before the grant says nothing.
    if (grant.returnedAt >= death.after) continue;
    if (revokes.some(({ invokedAtMs }) => invokedAtMs <= death.atMs)) continue;
    for (const renewal of [grant, ...renewals]) {
      const dueMs = renewal.invokedAtMs + ttlMs(renewal) / fastestClock;
      if (death.atMs >= dueMs) continue;
      const early = Math.round(dueMs - death.atMs);
      const message = `lease ${lease} was gone ${early} ms early: ${death.how}`;
      return violation('lease-early', message, [grant, renewal, ...entriesOf(death)]);
    }
  }
  return OK;
}

/** L3. */
function checkStaysDead(lease: bigint, { renewals, revokes, deaths, grant }: Life): Verdict {
  const ends: Death[] = revokes
    .filter(({ outcome }) => outcome.kind === 'ok')
    .map((entry) => ({ atMs: entry.returnedAtMs, after: entry.returnedAt, how: 'revoked', entry }));
  for (const end of [...ends, ...deaths]) {
    const { entry } = end;
    if (entry?.outcome.kind === 'failed' && (grant?.returnedAt ?? Infinity) >= entry.invokedAt)
      continue;
    for (const renewal of renewals) {
      const later =
        entry === undefined ? renewal.invokedAtMs > end.atMs : renewal.invokedAt > entry.returnedAt;
      if (!later) continue;
      const message = `lease ${lease} was renewed after its end (${end.how})`;
      return violation('lease-undead', message, [...entriesOf(end), renewal]);
    }
  }
  return OK;
}

function checkOverdue(
  lives: ReadonlyMap<bigint, Life>,
  timeline: Timeline,
  { endMs, slackMs }: { readonly endMs: number; readonly slackMs: number },
): Verdict {
  for (const { key, lease } of timeline.all()) {
    const life = lives.get(lease);
    if (life?.grant === undefined || life.unknownRenewals > 0 || life.grants !== 1) continue;
    const renewals = [life.grant, ...life.renewals];
    const dueMs = Math.max(...renewals.map((entry) => entry.returnedAtMs + ttlMs(entry)));
    if (dueMs + slackMs >= endMs) continue;
    const late = Math.round(endMs - dueMs);
    const message = `${JSON.stringify(key)} is there ${late} ms after lease ${lease} ran out`;
    return violation('lease-overdue', message, renewals.slice(-2));
  }
  return OK;
}

function ttlMs({ outcome }: HistoryEntry): number {
  if (outcome.kind !== 'ok') return 0;
  const { result } = outcome;
  const timed = result.kind === 'leaseGrant' || result.kind === 'leaseKeepAlive';
  return timed ? result.ttlSeconds * 1000 : 0;
}

function entriesOf({ entry }: Death): HistoryEntry[] {
  return entry === undefined ? [] : [entry];
}

/** The earliest moment at which somebody had seen a revision, or a later one. */
class FirstSeen {
  readonly #revisions: number[] = [];
  /** For each of these revisions, the earliest sight of it or anything above. */
  readonly #atMs: number[] = [];

  constructor(
    entries: readonly HistoryEntry[],
    sightings: readonly { readonly revision: number; readonly atMs: number }[],
  ) {
    const all = [...sightings];
    for (const { outcome, returnedAtMs } of entries) {
      if (outcome.kind === 'ok') all.push({ revision: outcome.revision, atMs: returnedAtMs });
    }
    all.sort((a, b) => b.revision - a.revision);
    let earliest = Infinity;
    for (const { revision, atMs } of all) {
      earliest = Math.min(earliest, atMs);
      this.#revisions.push(revision);
      this.#atMs.push(earliest);
    }
  }

  atMs(revision: number): number {
    let low = 0;
    let high = this.#revisions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#revisions[middle] as number) >= revision) low = middle + 1;
      else high = middle;
    }
    return this.#atMs[low - 1] ?? Infinity;
  }
}
