import { createServer } from 'node:net';

/** Below the kernel's ephemeral range, so that no outgoing connection takes a port between two runs. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

// Each process starts somewhere else, so that parallel test workers rarely try the same port.
let next = FIRST_PORT + ((process.pid * 97) % (LAST_PORT - FIRST_PORT));

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      probe.close(() => resolve(true)),
    );
  });
}

/** A port of 127.0.0.1 that nobody listens on now; never handed out twice by one process. */
export async function freePort(): Promise<number> {
  for (let attempts = 0; attempts < LAST_PORT - FIRST_PORT; attempts++) {
    const port = next;
    next = next === LAST_PORT ? FIRST_PORT : next + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`);
}
