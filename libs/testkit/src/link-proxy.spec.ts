import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { eventually, pause } from './condition.js';
import { ownerOf } from './connection-owner.js';
import { LinkProxy } from './link-proxy.js';
import { PeerLinks } from './peer-links.js';
import { freePort } from './ports.js';

/** Long enough for loopback traffic that is not held to have arrived. */
const QUIET_MS = 50;

/** Sends back what it gets, in capitals. */
function startEcho(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()));
    socket.on('end', () => socket.end());
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

let links: PeerLinks;
let echo: Server;
let proxy: LinkProxy;
let port: number;
beforeEach(async () => {
  links = new PeerLinks();
  echo = await startEcho();
  port = await freePort();
  const targetPort = (echo.address() as AddressInfo).port;
  proxy = await LinkProxy.start({ target: 'b', targetPort, port, links, identify: () => 'a' });
});
afterEach(async () => {
  await proxy.stop();
  echo.close();
});

async function dial(): Promise<{ socket: Socket; seen: () => string; closed: () => boolean }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let text = '';
  let closed = false;
  socket.on('data', (bytes) => (text += bytes.toString()));
  socket.on('close', () => (closed = true));
  // A severed link may reset it before it is told that it is connected.
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  return { socket, seen: () => text, closed: () => closed };
}

const sees = (seen: () => string, text: string): Promise<true> =>
  eventually(`sees ${text}`, () => (seen() === text ? true : undefined));

describe('a link between two members', () => {
  it('carries what is sent both ways, and the end of the connection', async () => {
    const { socket, seen, closed } = await dial();
    socket.write('hello ');
    await sees(seen, 'HELLO ');
    socket.end('there');
    await sees(seen, 'HELLO THERE');
    await eventually('the other side ends as well', () => (closed() ? true : undefined));
  });

  it.each([
    ['requests', 'a', 'b'],
    ['answers', 'b', 'a'],
  ])('holds %s back while it is held and loses none of them', async (_what, from, to) => {
    const { socket, seen, closed } = await dial();
    socket.write('1');
    await sees(seen, '1');
    links.set(from, to, { kind: 'held' });
    socket.write('two');
    socket.end('three');
    await pause(QUIET_MS);
    expect([seen(), closed()]).toEqual(['1', false]);
    links.heal();
    await sees(seen, '1TWOTHREE');
    await eventually('the end arrives, too', () => (closed() ? true : undefined));
  });

  it('is held for connections that are dialled meanwhile', async () => {
    links.set('b', 'a', { kind: 'held' });
    const { socket, seen } = await dial();
    socket.write('late');
    await pause(QUIET_MS);
    expect(seen()).toBe('');
    links.heal();
    await sees(seen, 'LATE');
    socket.destroy();
  });

  it('breaks connections when it is severed, and new ones until it is healed', async () => {
    const before = await dial();
    before.socket.write('1');
    await sees(before.seen, '1');
    links.set('b', 'a', { kind: 'severed' });
    await eventually('it breaks', () => (before.closed() ? true : undefined));
    const meanwhile = await dial();
    await eventually('it breaks at once', () => (meanwhile.closed() ? true : undefined));
    links.heal();
    const after = await dial();
    after.socket.write('again');
    await sees(after.seen, 'AGAIN');
    after.socket.destroy();
  });

  it('breaks after so many bytes when it is limited', async () => {
    links.set('a', 'b', { kind: 'limited', bytes: 10 });
    const { socket, seen, closed } = await dial();
    socket.write('12345');
    await sees(seen, '12345');
    socket.write('678901');
    await eventually('it breaks', () => (closed() ? true : undefined));
    expect(links.state('a', 'b')).toEqual({ kind: 'severed' });
  });

  it('delays and keeps the order', async () => {
    links.set('a', 'b', { kind: 'delayed', delayMs: 60, jitterMs: 50 });
    const { socket, seen } = await dial();
    const begun = performance.now();
    for (const digit of '0123456789') {
      socket.write(digit);
      await pause(1);
    }
    await sees(seen, '0123456789');
    expect(performance.now() - begun).toBeGreaterThan(30);
    socket.destroy();
  });

  it('is another one than that of other members', async () => {
    links.setBetween(['a'], ['c'], { kind: 'severed' });
    links.setBetween(['c'], ['b'], { kind: 'held' });
    const { socket, seen } = await dial();
    socket.write('free');
    await sees(seen, 'FREE');
    socket.destroy();
  });
});

describe('who dialled a connection', () => {
  const dialler = (target: number): ChildProcess =>
    spawn(process.execPath, ['-e', `require('net').connect(${target}, '127.0.0.1')`]);

  it('is known by its process', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const target = (server.address() as AddressInfo).port;
    const children = [dialler(target)];
    const [first] = (await once(server, 'connection')) as [Socket];
    children.push(dialler(target));
    const [second] = (await once(server, 'connection')) as [Socket];
    const pids = new Map(children.map((child, i) => [`child ${i}`, child.pid ?? 0]));
    expect([ownerOf(first, pids), ownerOf(second, pids)]).toEqual(['child 0', 'child 1']);
    expect(ownerOf(first, new Map([['somebody else', process.pid]]))).toBeUndefined();
    for (const child of children) child.kill('SIGKILL');
    for (const socket of [first, second]) socket.on('error', () => undefined).destroy();
    server.close();
  });
});
