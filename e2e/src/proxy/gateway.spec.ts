import { etcdctl, EtcdProcess, freePort } from '@etcd-ts/testkit';
import { ProxyProcess, runProxy } from './proxy-process.js';

/* etcd gateway before members that come and go, asked by the original's client. */

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('etcd gateway', () => {
  it('passes clients on to the member that is there, and to one that comes back', async () => {
    const node = await EtcdProcess.start({ flavour: 'ours' });
    cleanups.push(() => node.dispose());
    const dead = `127.0.0.1:${await freePort()}`;
    const endpoints = `http://${dead},${node.endpoint}`;
    const gateway = await ProxyProcess.start('gateway', endpoints, ['--retry-delay', '200ms']);
    cleanups.push(() => gateway.stop());
    expect((await etcdctl(gateway.endpoint, ['put', 'a', '1'])).stdout).toBe('OK\n');
    await node.stop();
    const refused = await etcdctl(gateway.endpoint, ['get', 'a', '--command-timeout', '500ms']);
    expect(refused.exitCode).not.toBe(0);
    const again = await node.restart();
    cleanups.push(() => again.dispose());
    const found = await etcdctl(gateway.endpoint, ['get', 'a', '--command-timeout', '20s'], {
      timeoutMs: 30_000,
    });
    expect(found.stdout).toBe('a\n1\n');
    expect(gateway.log).toContain('deactivated endpoint');
  });

  it.each([
    [
      ['--listen-addr', '127.0.0.1:26499', '--endpoints', '127.0.0.1:26499'],
      'SRV or endpoint (127.0.0.1:26499->127.0.0.1:26499) should not resolve to the gateway listen addr (127.0.0.1:26499)',
    ],
  ])('refuses %j', async (flags, message) => {
    const { exitCode, stderr } = await runProxy(['gateway', 'start', ...flags]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  });
});
