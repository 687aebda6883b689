import { setTimeout as pause } from 'node:timers/promises';

const TIMEOUT_MS = 60_000;

/** For conditions that a socket's other end brings about. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('did not come about');
    await pause(5);
  }
}
