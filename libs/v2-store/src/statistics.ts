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

const OWN: readonly Counter[] = ['getsSuccess', 'getsFail'];

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
  replicated(): Partial<Counters> {
    const counters: Partial<Record<Counter, number>> = this.read();
    for (const own of OWN) delete counters[own];
    return counters;
  }

  restore(counters: Partial<Counters>): void {
    this.#counters = { ...zeros(), ...counters };
  }
}

function zeros(): Record<Counter, number> {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<Counter, number>;
}
