import type { Server } from 'node:http';
import { createHttpServer } from './http-server.js';
import { FakeNode, serve } from './testing/served-node.js';
import type { ServedNode } from './testing/served-node.js';

let node: FakeNode;
let served: ServedNode;

async function start(): Promise<void> {
  served = await serve(node);
}

it('the time for a header is not waited for twice', () => {
  // Node's own interval is half a minute: three times what a client with half a header may take.
  const { headersTimeout, connectionsCheckingInterval } = createHttpServer(
    () => undefined,
  ) as Server & { readonly connectionsCheckingInterval?: number };
  expect(connectionsCheckingInterval).toBeLessThan(headersTimeout / 2);
});

describe('garbage', () => {
  beforeEach(() => (node = new FakeNode()));
  afterEach(() => served.close());

  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', '400 Bad Request'],
    ['binary', '\x16\x03\x01\x02\x00\x01\x00', '400 Bad Request'],
    ['a broken escape', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', '400 Bad Request'],
    ['no slash', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', '200 OK'],
    ['a huge header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request'],
    [
      'a strange query',
      'GET /health?%zz&=&exclude HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      '200 OK',
    ],
  ])('such as %s gets an answer and costs nobody else anything', async (_, bytes, expected) => {
    await start();
    expect(await served.send(bytes)).toContain(`HTTP/1.1 ${expected}`);
    expect((await served.ask('/version')).status).toBe(200);
  });

  it('after a body nobody reads, the connection serves the next request', async () => {
    await start();
    const body = 'x'.repeat(100_000);
    const answers = await served.send(
      `POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        'GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 200']);
  });

  it('from the node itself is a 500', async () => {
    node.scrapeMetrics = () => Promise.reject(new Error('no numbers'));
    await start();
    expect(await served.ask('/metrics')).toMatchObject({
      status: 500,
      body: 'Internal Server Error\n',
    });
  });
});
