import { createServer } from 'node:net';

/** Away from those that other suites take, and below the kernel's own. */
const FIRST_PORT = 22_100;
const LAST_PORT = 22_499;

let next = FIRST_PORT;

/** A port of 127.0.0.1 that nobody listens on; suites of e2e run one after the other. */
export async function unusedPort(): Promise<number> {
  for (let tries = FIRST_PORT; tries <= LAST_PORT; tries++) {
    const port = next;
    next = next === LAST_PORT ? FIRST_PORT : next + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      probe.close(() => resolve(true)),
    );
  });
}
