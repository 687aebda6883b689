const POLL_INTERVAL_MS = 10;
/**
 * Long on purpose: a condition that comes costs nothing, and a machine that is busy or whose disk
 * takes 50 ms to sync must not turn a correct program into a failed test.
 */
const PATIENCE_MS = 60_000;

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/**
 * Resolves with the first value of `probe` that is not undefined; rejects after `timeoutMs` with
 * what was awaited, so that a hanging test names its condition.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(POLL_INTERVAL_MS);
  }
}

/** Rejects when the promise takes longer; the work itself goes on. */
export function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not within ${timeoutMs} ms: ${what}`)),
      timeoutMs,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
