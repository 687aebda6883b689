import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FAILPOINT_NAMES, FailpointRegistry } from '@etcd-ts/failpoint';

import { serveFailpoints } from './failpoint-server.js';

describe('the control interface of failpoints', () => {
  const host = {
    panic: (message: string): never => {
      throw new Error(message);
    },
    sleep: () => undefined,
    print: () => undefined,
    random: () => 0,
  };
  const registry = new FailpointRegistry(host);
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = serveFailpoints(registry).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function ask(method: string, path: string, body?: string): Promise<[number, string]> {
    const response = await fetch(`${url}/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    return [response.status, await response.text()];
  }

  it('sets a point, tells its terms and how often they acted, and unsets it', async () => {
    expect(await ask('PUT', 'beforeCommit', '1*return(5)')).toEqual([204, '']);
    expect(await ask('GET', 'beforeCommit')).toEqual([200, '1*return(5)\n']);
    expect(registry.reach('beforeCommit')).toBe(5);
    expect(await ask('GET', 'beforeCommit/count')).toEqual([200, '1\n']);
    expect(await ask('DELETE', 'beforeCommit')).toEqual([204, '']);
    expect((await ask('GET', 'beforeCommit'))[0]).toBe(404);
    expect((await ask('DELETE', 'beforeCommit'))[0]).toBe(400);
  });

  it('lists every point with its terms', async () => {
    await ask('PUT', 'failpoints', 'afterCommit=sleep(1);beforeCommit=off');
    const [status, text] = await ask('GET', '');
    expect(status).toBe(200);
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBe(FAILPOINT_NAMES.length);
    expect(lines).toContain('afterCommit=sleep(1)');
    expect(lines).toContain('raftBeforeSave=');
  });

  it.each([
    ['PUT', 'nobody', 'panic', 400],
    ['PUT', 'beforeCommit', 'explode', 400],
    ['PUT', 'beforeCommit', 'x'.repeat(100_000), 400],
    ['GET', 'nobody', undefined, 404],
    ['POST', 'beforeCommit', 'panic', 405],
  ])('refuses %s /%s', async (method, path, body, status) => {
    expect((await ask(method, path, body))[0]).toBe(status);
  });
});
