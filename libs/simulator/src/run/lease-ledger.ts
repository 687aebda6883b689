import type { HistoryEntry } from '@etcd-ts/checker';

export interface LeaseLedgerParts {
  /** How far clocks run apart, as a share. */
  readonly clockSkew: number;
  readonly electionMs: number;
  /** Leaders write down how long leases have to live: the next one does not begin again. */
  readonly checkpoints: boolean;
  readonly found: (rule: string, message: string) => void;
}

interface Life {
  readonly ttlMs: number;
  /** When the last renewal (or the grant) that was answered was asked for, and answered. */
  askedMs: number;
  answeredMs: number;
  /** Somebody asked to revoke it. */
  isRevoked: boolean;
  /** A renewal without an answer may have happened. */
  isUncertain: boolean;
}

/** A leader writes every lease down this often (etcd). */
const CHECKPOINT_INTERVAL_MS = 300_000;
/** What it takes to notice, propose and repeat a revocation, and to find a leader for it. */
const SLACK_MS = 120_000;
/** Some more leases than clients of a year can hold. */
const MAX_LEASES = 50_000;

/**
 * What is known of the leases of a cluster that lives for long: when each was granted and last renewed.
 * By it no lease may end before its time, however many leaders, restarts and snapshots lie between; and
 * none may live on for ever because every leader starts it anew, where leaders write down what is left.
 */
export class LeaseLedger {
  readonly #parts: LeaseLedgerParts;
  readonly #lives = new Map<bigint, Life>();
  /** When somebody began to lead. */
  #electionsMs: number[] = [];
  /** For how long nobody can have ended leases, in all. */
  #troubledMs: { readonly atMs: number; readonly forMs: number }[] = [];

  constructor(parts: LeaseLedgerParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#lives.size;
  }

  elected(atMs: number): void {
    this.#electionsMs.push(atMs);
  }

  troubled(atMs: number, forMs: number): void {
    this.#troubledMs.push({ atMs, forMs });
  }

  ended(entry: HistoryEntry): void {
    const { operation, outcome } = entry;
    switch (operation.kind) {
      case 'leaseGrant':
        if (outcome.kind === 'ok') this.#granted(operation.lease, entry);
        return;
      case 'leaseRevoke':
        if (outcome.kind !== 'failed')
          this.#known(operation.lease, (life) => (life.isRevoked = true));
        return;
      case 'leaseKeepAlive':
        if (outcome.kind === 'ok') this.#renewed(operation.lease, entry);
        else if (outcome.kind === 'unknown')
          this.#known(operation.lease, (life) => (life.isUncertain = true));
        else if (outcome.failure === 'leaseNotFound')
          this.gone(operation.lease, entry.returnedAtMs, `#${entry.id} was told so`);
        return;
      case 'put':
        if (outcome.kind === 'failed' && outcome.failure === 'leaseNotFound')
          this.gone(operation.lease ?? 0n, entry.returnedAtMs, `#${entry.id} was told so`);
        return;
      default:
    }
  }

  #granted(lease: bigint, { outcome, invokedAtMs, returnedAtMs }: HistoryEntry): void {
    const result = outcome.kind === 'ok' ? outcome.result : undefined;
    if (result?.kind !== 'leaseGrant') return;
    this.#lives.set(lease, {
      ttlMs: result.ttlSeconds * 1000,
      askedMs: invokedAtMs,
      answeredMs: returnedAtMs,
      isRevoked: false,
      isUncertain: false,
    });
    if (this.#lives.size > MAX_LEASES) this.#parts.found('leases-pile-up', `${this.#lives.size}`);
  }

  #renewed(lease: bigint, { invokedAtMs, returnedAtMs }: HistoryEntry): void {
    this.#known(lease, (life) => {
      life.askedMs = Math.max(life.askedMs, invokedAtMs);
      life.answeredMs = Math.max(life.answeredMs, returnedAtMs);
      life.isUncertain = false;
    });
  }

  #known(lease: bigint, change: (life: Life) => void): void {
    const life = this.#lives.get(lease);
    if (life !== undefined) change(life);
  }

  /** Somebody found it gone, or its keys. */
  gone(lease: bigint, atMs: number, how: string): void {
    const life = this.#lives.get(lease);
    if (life === undefined) return;
    this.#lives.delete(lease);
    const { askedMs, ttlMs, isRevoked } = life;
    if (isRevoked) return;
    const earlyMs = Math.round(askedMs + ttlMs / (1 + this.#parts.clockSkew) - atMs);
    if (earlyMs <= 0) return;
    this.#parts.found(
      'lease-early',
      `lease ${lease} of ${ttlMs} ms, renewed at ${askedMs}, was gone at ${atMs}, ${earlyMs} ms early: ${how}`,
    );
  }

  /** What a leader has, at a moment at which nobody asks for anything. */
  census(leases: readonly bigint[], atMs: number): void {
    const there = new Set(leases);
    for (const [lease, life] of this.#lives) {
      if (!there.has(lease)) this.gone(lease, atMs, 'it was not counted');
      else if (!life.isUncertain) this.#checkOverdue(lease, life, atMs);
    }
    this.#forget();
  }

  #checkOverdue(lease: bigint, life: Life, atMs: number): void {
    const dueMs = this.#dueMs(life);
    if (atMs <= dueMs) return;
    const lateMs = Math.round(atMs - dueMs);
    this.#parts.found(
      'lease-overdue',
      `lease ${lease} of ${life.ttlMs} ms, renewed at ${life.answeredMs}, is there at ${atMs}, ${lateMs} ms late`,
    );
  }

  /** By when it must be gone, whoever led. */
  #dueMs({ ttlMs, answeredMs, isRevoked }: Life): number {
    const { clockSkew, electionMs, checkpoints } = this.#parts;
    if (isRevoked) return Infinity;
    const since = this.#electionsMs.filter((ms) => ms >= answeredMs - SLACK_MS);
    const troubleMs = this.#troubledMs
      .filter(({ atMs, forMs }) => atMs + forMs >= answeredMs)
      .reduce((sum, { forMs }) => sum + forMs, 0);
    const livesMs = (ttlMs + electionMs) / (1 - clockSkew);
    const extraMs = troubleMs + SLACK_MS + 10 * electionMs;
    if (!checkpoints) return Math.max(answeredMs, since.at(-1) ?? 0) + livesMs + extraMs;
    // Each leader may have missed the last two of its predecessor's notes, and waits an election longer.
    const perLeaderMs = 2 * CHECKPOINT_INTERVAL_MS + 5 * electionMs;
    return answeredMs + livesMs + since.length * perLeaderMs + extraMs;
  }

  /** Elections and troubles before any lease that is left. */
  #forget(): void {
    let oldestMs = Infinity;
    for (const { answeredMs } of this.#lives.values()) oldestMs = Math.min(oldestMs, answeredMs);
    const last = this.#electionsMs.at(-1);
    this.#electionsMs = this.#electionsMs.filter((ms) => ms >= oldestMs - SLACK_MS || ms === last);
    this.#troubledMs = this.#troubledMs.filter(({ atMs, forMs }) => atMs + forMs >= oldestMs);
  }
}
