import type { AddressInfo } from 'node:net';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { createHttpServer } from './http-server.js';
import { peerListener } from './peer-listener.js';
import type { PeerOperations } from './peer-listener.js';
import { FakeNode } from './testing/served-node.js';

const MEMBERS =
  '[{"id":13440343659036885480,"peerURLs":["http://127.0.0.1:2380"],"name":"default","clientURLs":[]}]';

const ANSWER = { status: 404, headers: {}, body: 'no such thing\n' };
const OPERATIONS: PeerOperations = {
  downgradeEnabled: () => Promise.resolve(false),
  promote: () => Promise.resolve(ANSWER),
  renewLease: () => Promise.resolve(ANSWER),
  leaseTimes: () => Promise.resolve(ANSWER),
  hashKv: () => Promise.resolve({ ...ANSWER, status: 200 }),
};

describe('a peer URL', () => {
  const server = createHttpServer(
    peerListener({
      node: new FakeNode(),
      operations: OPERATIONS,
      logger: SILENT_LOGGER,
      clusterId: () => '8fc78942e604d3d2',
      members: () => MEMBERS,
    }),
  );
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init);

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );

  it('names the members with all digits of their ids, and the cluster in a header', async () => {
    const answer = await ask('/members');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-etcd-cluster-id')).toBe('8fc78942e604d3d2');
    expect(await answer.text()).toBe(`${MEMBERS}\n`);
  });

  it('names the version, and serves nothing a client or a browser would ask for', async () => {
    const version = await ask('/version');
    expect(await version.text()).toContain('"etcdserver":"3.7.1"');
    expect(version.headers.get('access-control-allow-origin')).toBeNull();
    for (const path of ['/health', '/metrics', '/members/']) {
      expect((await ask(path)).status).toBe(404);
    }
    for (const method of ['POST', 'HEAD', 'OPTIONS']) {
      expect((await ask('/members', { method })).status).toBe(405);
    }
  });

  // etcd 3.7.1: what another member asks of leases was read without end.
  it('refuses a body larger than any member sends, of leases above all', async () => {
    for (const path of ['/leases', '/leases/internal']) {
      const answer = await ask(path, { method: 'POST', body: Buffer.alloc(64 * 1024 + 1) });
      expect(answer.status).toBe(413);
    }
  });

  it.each([
    ['POST', '/members/promote/1', 404, true],
    ['GET', '/members/promote/1', 405, false],
    ['POST', '/leases', 404, false],
    ['GET', '/leases', 405, false],
    ['POST', '/leases/internal', 404, false],
    ['POST', '/members/hashkv', 405, false],
  ])(
    'answers %s %s with %d, naming the cluster where etcd does',
    async (method, path, status, named) => {
      const answer = await ask(path, { method });
      expect(answer.status).toBe(status);
      expect(answer.headers.has('x-etcd-cluster-id')).toBe(named);
      const names = status === 405 && !path.startsWith('/leases');
      expect(answer.headers.has('allow')).toBe(names);
    },
  );
});
