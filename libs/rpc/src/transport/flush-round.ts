export interface Flushable {
  flush(): void;
}

/**
 * All connections with output are flushed once, when the input of this turn of the event loop has
 * been worked off: then all answers of a turn are one write. setImmediate comes right after it; one
 * for all connections, because each costs as much as a small answer.
 */
export class FlushRound {
  #waiting: Flushable[] = [];

  /** Callers remember that they wait: they come once a round. */
  add(connection: Flushable): void {
    if (this.#waiting.push(connection) === 1) setImmediate(this.#flushAll);
  }

  readonly #flushAll = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) connection.flush();
  };
}
