import { createServer } from 'node:http';
import { converse } from './converse.js';
import { repliesIn } from './replies.js';

const server = createServer((request, response) => {
  if (request.url === '/never') return;
  if (request.url === '/part') return void response.write('a part');
  if (request.url === '/pieces') {
    response.write('one, ');
    return void setImmediate(() => response.end('two'));
  }
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => response.end(`${request.method} ${request.url} ${body}`));
});

const ask = async (...requests: readonly string[]) => {
  const { bytes, ended } = await converse(server, Buffer.from(requests.join('')));
  return { ended, replies: repliesIn(bytes, (i) => requests[i]?.startsWith('HEAD') ?? false) };
};
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('a server that is asked without a socket', () => {
  it('answers one request after the other, and the connection ends', async () => {
    const post = 'POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
    const { ended, replies } = await ask(get('/a'), post, get('/pieces'));
    expect(ended).toBe(true);
    expect(replies.map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, 'GET /a '],
      [200, 'POST /b body'],
      [200, 'one, two'],
    ]);
  });

  it('answers a request for the head without a body', async () => {
    const { replies } = await ask('HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n', get('/b'));
    expect(replies.map(({ body }) => body.toString())).toEqual(['', 'GET /b ']);
  });

  it('refuses what is no HTTP, and what ends before its end', async () => {
    const cut = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbody';
    for (const words of ['NONSENSE\r\n\r\n', cut]) {
      const { ended, replies } = await ask(words);
      expect([ended, replies.map(({ status }) => status)]).toEqual([true, [400]]);
    }
  });

  it('is hung up on when it says nothing more', async () => {
    expect(await ask(get('/never'))).toEqual({ ended: false, replies: [] });
    const { ended, replies } = await ask(get('/part'));
    expect([ended, replies[0]?.body.toString(), replies[0]?.whole]).toEqual([
      false,
      'a part',
      false,
    ]);
  });
});
