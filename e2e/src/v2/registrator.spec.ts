import { EtcdCluster, eventually, pause } from '@etcd-ts/testkit';

import { ask } from './http-request.js';
import { Registrator, ServiceWatcher } from './registrator.js';

/** A change that a dying leader took with it is given up after 7 s: a registration must outlive that. */
const TTL_SECONDS = 15;
const REFRESH_MS = 700;

/** A service that is registered anew again and again until it stops or dies. */
class Service {
  readonly #registrator: Registrator;
  readonly #id: string;
  #alive = true;
  #loop: Promise<void> = Promise.resolve();

  constructor(machine: string, id: string) {
    this.#registrator = new Registrator(machine, '/services', TTL_SECONDS);
    this.#id = id;
  }

  async start(): Promise<void> {
    await this.#registrator.connect();
    await this.#register();
    this.#loop = this.#refresh();
  }

  async die(): Promise<void> {
    this.#alive = false;
    await this.#loop;
    this.#registrator.close();
  }

  async stop(): Promise<void> {
    this.#alive = false;
    await this.#loop;
    await this.#registrator.deregister('web', this.#id);
    this.#registrator.close();
  }

  #register(): Promise<void> {
    return this.#registrator.register('web', this.#id, `10.0.0.1:${this.#id.length}`);
  }

  async #refresh(): Promise<void> {
    while (this.#alive) {
      await pause(REFRESH_MS);
      if (this.#alive) await this.#register();
    }
  }
}

async function storeIndex(endpoint: string): Promise<number> {
  const request = { method: 'GET', target: '/v2/keys?quorum=true', headers: {}, body: '' };
  return Number((await ask(endpoint, request, false)).headers['x-etcd-index']);
}

async function listed(endpoint: string): Promise<string[]> {
  const target = '/v2/keys/services/web?sorted=true&quorum=true';
  const answer = await ask(endpoint, { method: 'GET', target, headers: {}, body: '' }, false);
  const { node } = JSON.parse(answer.body) as { node?: { nodes?: readonly { key: string }[] } };
  return (node?.nodes ?? []).map(({ key }) => key.slice('/services/web/'.length));
}

describe.each(['reference'] as const)('services registered with a cluster of %s', (flavour) => {
  let cluster: EtcdCluster;
  let watchers: readonly ServiceWatcher[] = [];
  beforeAll(async () => {
    const flags = flavour === 'reference' ? ['--enable-v2'] : [];
    cluster = await EtcdCluster.start({ flavour, size: 3, flags });
  });
  afterAll(async () => {
    await Promise.all(watchers.map((watcher) => watcher.stop()));
    await cluster.dispose();
  });

  it('stay while a member dies, vanish when they do, and are seen to by every watcher', async () => {
    const leader = await cluster.leader();
    const [left, right] = cluster.members.filter((member) => member !== leader);
    if (left === undefined || right === undefined) throw new Error('three members were started');
    watchers = [left, right].map(({ endpoint }) => new ServiceWatcher(endpoint, '/services', 1));
    const machines = [leader, left, right, leader].map(({ endpoint }) => endpoint);
    const services = machines.map((machine, at) => new Service(machine, `host:web:${at}`));
    await Promise.all(services.map((service) => service.start()));
    const all = ['host:web:0', 'host:web:1', 'host:web:2', 'host:web:3'];
    expect(await listed(left.endpoint)).toEqual(all);

    await leader.kill();
    await cluster.leader();
    // Longer than any registration lives without being refreshed.
    await pause((TTL_SECONDS + 1) * 1000);
    expect(await listed(left.endpoint)).toEqual(all);

    await services[1]?.stop();
    await services[2]?.die();
    expect(await listed(right.endpoint)).toEqual(['host:web:0', 'host:web:2', 'host:web:3']);
    await eventually(
      'the dead service vanishes',
      async () => ((await listed(right.endpoint)).includes('host:web:2') ? undefined : true),
      (TTL_SECONDS + 4) * 1000,
    );
    await Promise.all([services[0]?.stop(), services[3]?.stop()]);

    const index = await storeIndex(right.endpoint);
    await eventually(
      'both watchers saw the last change',
      () => watchers.every(({ changes }) => changes.at(-1)?.index === index) || undefined,
    ).catch((error: unknown) => {
      const seen = watchers.map(({ changes }) => changes.slice(-6));
      throw new Error(`${String(error)}: index ${index}, seen ${JSON.stringify(seen)}`);
    });
    for (const { changes } of watchers) {
      const indexes = changes.map(({ index }) => index);
      expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
      expect(ends(changes)).toEqual(
        ['delete 0', 'delete 1', 'delete 3', 'expire 2'].map((end) =>
          end.replace(' ', ' host:web:'),
        ),
      );
    }
    expect(watchers[0]?.changes).toEqual(watchers[1]?.changes);
  }, 150_000);
});

function ends(changes: ServiceWatcher['changes']): string[] {
  return changes
    .filter(({ action }) => action !== 'set')
    .map(({ action, key }) => `${action} ${key.slice('/services/web/'.length)}`)
    .sort();
}
