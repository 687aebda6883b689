import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { WebSocketOutput } from './web-socket-output.js';
import { watchOver } from './web-socket-pulse.js';
import { textsOf } from './web-socket-texts.js';

const MORE_THAN_A_KERNEL_HOLDS = 'x'.repeat(30_000_000);

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** Both ends of one connection. */
async function pair(options = {}): Promise<{ client: WebSocket; served: WebSocket }> {
  const { port } = server.address() as AddressInfo;
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  const client = new WebSocket(`ws://127.0.0.1:${port}`, options);
  await new Promise((resolve) => client.once('open', resolve));
  return { client, served: await accepted };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('a WebSocket', () => {
  it('of a client that answers no ping is given up', async () => {
    const { served } = await pair({ autoPong: false });
    const gone = watchOver(served, 20);
    await aborted(gone);
    expect(gone.reason).toMatchObject({ message: 'context canceled' });
  });

  it('of a client that answers stays', async () => {
    const { client, served } = await pair();
    const gone = watchOver(served, 20);
    for (let pings = 0; pings < 5; pings++) {
      await new Promise((resolve) => client.once('ping', resolve));
    }
    expect(gone.aborted).toBe(false);
    client.terminate();
    await aborted(gone);
  });

  it('that nobody reads makes its call wait, until somebody does', async () => {
    const { client, served } = await pair();
    const output = new WebSocketOutput(served, watchOver(served));
    client.pause();
    expect(output.write(MORE_THAN_A_KERNEL_HOLDS)).toBe(false);
    let isDrained = false;
    const drained = output.drained().then(() => (isDrained = true));
    for (let turns = 0; turns < 100; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isDrained).toBe(false);
    client.resume();
    await drained;
    client.terminate();
  });

  it('that closes ends the wait of its call', async () => {
    const { client, served } = await pair();
    const output = new WebSocketOutput(served, watchOver(served));
    client.pause();
    expect(output.write(MORE_THAN_A_KERNEL_HOLDS)).toBe(false);
    const drained = output.drained();
    client.terminate();
    await expect(drained).rejects.toMatchObject({ message: 'context canceled' });
  });

  it('is not read on while messages wait, and loses none', async () => {
    const { client, served } = await pair();
    const texts = textsOf(served);
    for (let i = 0; i < 100; i++) client.send(String(i));
    while (!served.isPaused) await new Promise((resolve) => setImmediate(resolve));
    client.close();
    const seen: string[] = [];
    for await (const text of texts) seen.push(text);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  });
});
