import type { StepCounter } from '../budget.js';
import type { HistoryEntry } from '../history.js';
import type { Likes, Unanswered } from './unanswered.js';

/** A revision nobody was told about, and who may have made it, all with the same changes. */
interface Slot {
  readonly revision: number;
  readonly makers: readonly Likes[];
  /** A lease whose end would have made the same changes. */
  readonly lease: bigint | undefined;
  by: Likes | bigint | undefined;
}

/**
 * Which unanswered operation made which revision. While the changes of the revisions are certain
 * this is a matching, not a search: when an operation is needed that was given to an earlier
 * revision, that one looks for another maker (an augmenting path). Trying such swaps by
 * backtracking would take exponential time.
 */
export class Assignments {
  readonly #unanswered: Unanswered;
  readonly #steps: StepCounter;
  readonly #slots: Slot[] = [];
  /** The slots each operation (and those like it) is given to, by revision. */
  readonly #given = new Map<Likes, Slot[]>();

  constructor(unanswered: Unanswered, steps: StepCounter) {
    this.#unanswered = unanswered;
    this.#steps = steps;
  }

  /** False if there is no way to find a maker for this and all earlier revisions. */
  add(revision: number, makers: readonly Likes[], lease: bigint | undefined): boolean {
    const slot: Slot = { revision, makers, lease, by: undefined };
    this.#slots.push(slot);
    return this.#place(slot, new Set([slot]));
  }

  rollback(revision: number): void {
    for (let last = this.#slots.at(-1); last !== undefined; last = this.#slots.at(-1)) {
      if (last.revision <= revision) return;
      this.#take(last);
      this.#slots.pop();
    }
  }

  /** What tells apart two situations in which different operations are used up. */
  fingerprint(): string {
    const used: string[] = [];
    for (const [{ entries }, slots] of this.#given) {
      if (slots.length > 0)
        used.push(`${entries[0]?.id}:${slots.map(({ revision }) => revision).join()}`);
    }
    return used.sort().join();
  }

  /** Who made each revision below a limit, where only one can have. */
  makers(below: number): Map<number, HistoryEntry | bigint> {
    const makers = new Map<number, HistoryEntry | bigint>();
    for (const { revision, by, makers: possible, lease } of this.#slots) {
      if (revision >= below) break;
      if (by === undefined || possible.length + (lease === undefined ? 0 : 1) > 1) continue;
      const maker = typeof by === 'bigint' ? by : by.entries[this.#position(by, revision)];
      if (maker !== undefined) makers.set(revision, maker);
    }
    return makers;
  }

  #place(slot: Slot, moved: Set<Slot>): boolean {
    const free = slot.makers.find((maker) => this.#fits(maker, slot, undefined));
    if (free !== undefined) {
      this.#give(slot, free);
      return true;
    }
    if (slot.lease !== undefined) {
      slot.by = slot.lease;
      return true;
    }
    return slot.makers.some((maker) => this.#moveSomeone(slot, maker, moved));
  }

  /** Takes the maker from a slot that can do without it. Each slot moves once in a path. */
  #moveSomeone(slot: Slot, maker: Likes, moved: Set<Slot>): boolean {
    for (const other of [...(this.#given.get(maker) ?? [])]) {
      if (moved.has(other) || !this.#steps.spend()) continue;
      if (!this.#fits(maker, slot, other)) continue;
      moved.add(other);
      this.#take(other);
      this.#give(slot, maker);
      if (this.#place(other, moved)) return true;
      this.#take(slot);
      this.#give(other, maker);
    }
    return false;
  }

  /** Whether the operations suffice, and were invoked in time, for this slot too (instead of one). */
  #fits(maker: Likes, slot: Slot, instead: Slot | undefined): boolean {
    const given = this.#given.get(maker) ?? [];
    const last = given.at(-1);
    if (instead === undefined && (last === undefined || last.revision < slot.revision)) {
      return this.#unanswered.inTime(maker, given.length, slot.revision);
    }
    const revisions = given.filter((other) => other !== instead).map(({ revision }) => revision);
    revisions.push(slot.revision);
    revisions.sort((a, b) => a - b);
    return revisions.every((revision, i) => this.#unanswered.inTime(maker, i, revision));
  }

  #give(slot: Slot, maker: Likes): void {
    slot.by = maker;
    const given = this.#given.get(maker);
    if (given === undefined) {
      this.#given.set(maker, [slot]);
      return;
    }
    given.push(slot);
    for (let i = given.length - 1; i > 0; i--) {
      const before = given[i - 1] as Slot;
      if (before.revision < slot.revision) return;
      given[i - 1] = slot;
      given[i] = before;
    }
  }

  #take(slot: Slot): void {
    if (typeof slot.by === 'object') {
      const given = this.#given.get(slot.by);
      given?.splice(given.lastIndexOf(slot), 1);
    }
    slot.by = undefined;
  }

  #position(maker: Likes, revision: number): number {
    return this.#given.get(maker)?.findIndex((slot) => slot.revision === revision) ?? -1;
  }
}
