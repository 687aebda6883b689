/** Nobody else waits for this process: the work is done at once. */
export function exhaust<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
