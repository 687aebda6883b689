import { Etcd3, EtcdPermissionDeniedError, Range } from 'etcd3';

import { EtcdProcess } from '@etcd-ts/testkit';

let node: EtcdProcess;
const clients: Etcd3[] = [];

function connect(username?: string, password = username ?? ''): Etcd3 {
  const auth = username === undefined ? {} : { auth: { username, password } };
  const client = new Etcd3({ hosts: node.endpoint, ...auth });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  node = await EtcdProcess.start({
    flavour: 'ours',
    flags: ['--bcrypt-cost', '4', '--auth-token-ttl', '1'],
  });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await node.dispose();
});

describe('the npm client etcd3 with credentials', () => {
  it('makes users and roles, and then logs in by itself', async () => {
    const first = connect();
    const root = first.user('root');
    await root.create('root');
    await first.role('root').create();
    await root.addRole('root');
    const role = first.role('app');
    await role.create();
    await role.grant({ permission: 'Readwrite', range: Range.prefix('app/') });
    await first.user('ann').create('ann');
    await first.user('ann').addRole('app');
    await first.auth.authEnable();

    const ann = connect('ann');
    await ann.put('app/a').value('1');
    expect(await ann.get('app/a').string()).toBe('1');
    await expect(ann.put('other').value('1')).rejects.toBeInstanceOf(EtcdPermissionDeniedError);
    await expect(ann.getAll().strings()).rejects.toBeInstanceOf(EtcdPermissionDeniedError);
    await expect(first.get('app/a').string()).rejects.toThrow('user name is empty');
    await expect(connect('ann', 'wrong').get('app/a').string()).rejects.toThrow(
      'authentication failed',
    );
  });

  it('logs in again when its token has run out, and watches what it may read', async () => {
    const ann = connect('ann');
    await ann.put('app/a').value('2');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await ann.put('app/a').value('3');
    const watcher = await ann.watch().key('app/b').create();
    const event = new Promise<string>((resolve) => {
      watcher.on('put', (kv) => resolve(kv.value.toString()));
    });
    await connect('root').put('app/b').value('seen');
    expect(await event).toBe('seen');
    await watcher.cancel();
  });
});
