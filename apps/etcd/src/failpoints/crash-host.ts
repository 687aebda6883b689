import { writeSync } from 'node:fs';
import type { FailpointHost } from '@etcd-ts/failpoint';

/** Go's panics end a process there and then. */
function die(message: string): never {
  writeSync(2, `panic: ${message}\n`);
  // Not exit(): that would close the database in good order, which no crash does. The signal is
  // delivered before the call returns, so nothing behind it runs.
  process.kill(process.pid, 'SIGKILL');
  throw new Error(message);
}

/** Failpoints of this very process. A sleep stops its one event loop, and everything with it. */
export const CRASH_HOST: FailpointHost = {
  panic: die,
  sleep: (durationMs) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
  },
  print: (line) => {
    writeSync(1, `${line}\n`);
  },
  random: Math.random,
};
