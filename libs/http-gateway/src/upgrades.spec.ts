import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from './http-server.js';
import { upgradeListener } from './upgrades.js';

let server: Server;
let taken: string[];

beforeEach(async () => {
  taken = [];
  server = createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(`${request.method} ${request.url} ${body};`));
  });
  const access = {
    corsOrigins: ['http://page'],
    hostWhitelist: ['known'],
    asksForUsers: () => false,
  };
  server.on(
    'upgrade',
    upgradeListener(server, access, ({ url = '' }, socket) => {
      if (url !== '/taken') return false;
      taken.push(url);
      socket.end('taken');
      return true;
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** Everything that comes back for these lines, until the server ends it. */
function answer(...lines: readonly string[]): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
    socket.on('close', () => resolve(received)).on('error', reject);
    socket.write(lines.join('\r\n'));
  });
}

const WISH = ['Host: known', 'Connection: Upgrade', 'Upgrade: websocket'];
const LAST = ['GET /last HTTP/1.1', 'Host: known', 'Connection: close', '', ''];

describe('a request for another protocol', () => {
  it('is taken by who wants it', async () => {
    expect(await answer('GET /taken HTTP/1.1', ...WISH, '', '')).toBe('taken');
    expect(taken).toEqual(['/taken']);
  });

  it.each([
    ['a stranger’s page', ['Origin: http://other']],
    ['another host’s name', ['Host: other']],
  ])('from %s is not', async (_, headers) => {
    const wish = WISH.filter((line) => !headers.some((each) => each.startsWith(line.slice(0, 5))));
    const seen = await answer('GET /taken HTTP/1.1', ...wish, ...headers, '', ...LAST);
    expect(seen).toContain('GET /taken ');
    expect(taken).toEqual([]);
  });

  it('from a page that is welcome is', async () => {
    await answer('GET /taken HTTP/1.1', ...WISH, 'Origin: http://page', '', '');
    expect(taken).toEqual(['/taken']);
  });

  it('that nobody takes is an ordinary one, with its body, and so is what follows it', async () => {
    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'];
    const seen = await answer(
      'POST /other HTTP/1.1',
      'Host: known',
      ...h2c,
      'Content-Length: 4',
      '',
      `bodyGET /next HTTP/1.1`,
      'Host: known',
      '',
      ...LAST,
    );
    expect(seen.match(/(?:POST|GET) \/\w+ \w*;/gu)).toEqual([
      'POST /other body;',
      'GET /next ;',
      'GET /last ;',
    ]);
  });
});
