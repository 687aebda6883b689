/** What /v2/stats/store counts, in etcd's order and with its names. */
export const COUNTERS = [
  'getsSuccess',
  'getsFail',
  'setsSuccess',
  'setsFail',
  'deleteSuccess',
  'deleteFail',
  'updateSuccess',
  'updateFail',
  'createSuccess',
  'createFail',
  'compareAndSwapSuccess',
  'compareAndSwapFail',
  'compareAndDeleteSuccess',
  'compareAndDeleteFail',
  'expireCount',
] as const;

export type Counter = (typeof COUNTERS)[number];
export type Counters = Readonly<Record<Counter, number>>;
export type StoredCounters = Readonly<Partial<Record<Counter, number | undefined>>>;

const WITHOUT_OWN = { getsSuccess: undefined, getsFail: undefined };

/**
 * Changes are counted by applying them, so the members agree on them; reads are each member's own
 * and start anew with it.
 */
export class Statistics {
  #counters: Record<Counter, number> = zeros();

  count(counter: Counter): void {
    this.#counters[counter]++;
  }

  read(): Counters {
    return { ...this.#counters };
  }

  /** Without what this member alone has counted. */
  replicated(): StoredCounters {
    // Undefined is not stored. Deleting the fields would make an object that is slow to read.
    return { ...this.#counters, ...WITHOUT_OWN };
  }

  restore(counters: StoredCounters): void {
    const restored = zeros();
    for (const name of COUNTERS) restored[name] = counters[name] ?? 0;
    this.#counters = restored;
  }
}

function zeros(): Record<Counter, number> {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<Counter, number>;
}
