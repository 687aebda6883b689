import { EtcdCluster, eventually, pause } from '@etcd-ts/testkit';
import type { ClusterMember, Flavour } from '@etcd-ts/testkit';

import { MicroClient, microNodes, MicroRegistration, MicroWatcher } from './go-micro.js';
import { ask } from './http-request.js';
import { Registrator, ServiceWatcher } from './registrator.js';
import type { SeenChange } from './registrator.js';
import { Service } from './service.js';

/** V2_FLAVOUR=reference replays it against the original. */
const FLAVOUR: Flavour = process.env['V2_FLAVOUR'] === 'reference' ? 'reference' : 'ours';
const FLAGS = ['--enable-v2', '--heartbeat-interval=50', '--election-timeout=500'];
/** A change that a dying leader took with it is given up after 6 s: a registration must outlive that. */
const TTL_SECONDS = 10;
const MARGIN_SECONDS = 4;
const IDS = ['0', '1', '2', '3'];
/** Of the services, the one that dies; the others stop, in the end. */
const DEAD = '2';

let cluster: EtcdCluster;
let leader: ClusterMember;
let left: ClusterMember;
let right: ClusterMember;
/** Of each conversation, by id: the first and the last begin with the member that dies. */
let viaV2: readonly Service[];
let viaLeases: readonly Service[];
let v2Watchers: readonly ServiceWatcher[];
let leaseWatchers: readonly MicroWatcher[];
let reader: MicroClient;

beforeAll(async () => {
  cluster = await EtcdCluster.start({ flavour: FLAVOUR, size: 3, flags: FLAGS });
  leader = await cluster.leader();
  const [first, second] = cluster.members.filter((member) => member !== leader);
  if (first === undefined || second === undefined) throw new Error('three members were started');
  [left, right] = [first, second];
  const endpoints = [leader, left, right].map(({ endpoint }) => endpoint);
  reader = new MicroClient(endpoints, 2);
  v2Watchers = [left, right].map(({ endpoint }) => new ServiceWatcher(endpoint, '/services', 1));
  leaseWatchers = [0, 2].map((member) => new MicroWatcher(new MicroClient(endpoints, member)));
  const at = (id: string): number => Number(id) % 3;
  viaV2 = IDS.map((id) => {
    const registrator = new Registrator(endpoints[at(id)] ?? '', '/services', TTL_SECONDS);
    return new Service(registrator.registration('web', `host:web:${id}`, '10.0.0.1:80'));
  });
  viaLeases = IDS.map((id) => {
    const client = new MicroClient(endpoints, at(id));
    return new Service(new MicroRegistration(client, 'web', id, TTL_SECONDS));
  });
  await Promise.all([...viaV2, ...viaLeases].map((service) => service.start()));
  expect(await v2Ids(left)).toEqual(IDS);
  expect(await microNodes(reader, 'web')).toEqual(IDS);
  await Promise.all([viaV2[Number(DEAD)]?.die(), viaLeases[Number(DEAD)]?.die()]);
  await leader.kill();
  await cluster.leader();
});

afterAll(async () => {
  await Promise.all(v2Watchers.map((watcher) => watcher.stop()));
  for (const watcher of leaseWatchers) watcher.stop();
  reader.close();
  await cluster.dispose();
});

async function v2Ids({ endpoint }: ClusterMember): Promise<string[]> {
  const target = '/v2/keys/services/web?sorted=true&quorum=true';
  const answer = await ask(endpoint, { method: 'GET', target, headers: {}, body: '' }, false);
  const { node } = JSON.parse(answer.body) as { node?: { nodes?: readonly { key: string }[] } };
  return (node?.nodes ?? []).map(({ key }) => key.slice('/services/web/host:web:'.length));
}

/** Until the dead one is out; nobody else may be missing at any moment before or soon after. */
async function onlyTheDeadVanishes(listed: () => Promise<string[]>): Promise<void> {
  await eventually(
    'the dead service vanishes',
    async () => {
      const found = await listed();
      expect([...new Set([...found, DEAD])].sort()).toEqual(IDS);
      return found.includes(DEAD) ? undefined : true;
    },
    (2 * TTL_SECONDS + MARGIN_SECONDS) * 1000,
  );
  await pause(1_000);
  expect(await listed()).toEqual(IDS.filter((id) => id !== DEAD));
}

async function stopAll(services: readonly Service[]): Promise<void> {
  await Promise.all(services.filter((_, at) => at !== Number(DEAD)).map((each) => each.stop()));
}

/** How each registration ended, once every watcher has seen all four. */
async function endsSeen(
  watchers: readonly { readonly changes: readonly SeenChange[] }[],
): Promise<readonly string[]> {
  const ends = (changes: readonly SeenChange[]): string[] =>
    changes
      .filter(({ action }) => action === 'delete' || action === 'expire')
      .map(({ action, key }) => `${action} ${key.slice(-1)}`)
      .sort();
  await eventually(
    'every watcher saw every end',
    () => watchers.every(({ changes }) => ends(changes).length >= IDS.length) || undefined,
  );
  const [first, ...others] = watchers.map(({ changes }) => changes);
  for (const changes of others) expect(changes).toEqual(first);
  const indexes = (first ?? []).map(({ index }) => index);
  expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
  return ends(first ?? []);
}

describe('services registered with three members, of which the leader dies', () => {
  it('by registrator over v2: stay, vanish when they die, are seen to do so once', async () => {
    await onlyTheDeadVanishes(() => v2Ids(right));
    await stopAll(viaV2);
    expect(await v2Ids(left)).toEqual([]);
    expect(await endsSeen(v2Watchers)).toEqual(['delete 0', 'delete 1', 'delete 3', 'expire 2']);
  });

  it('by go-micro over leases: the same', async () => {
    await onlyTheDeadVanishes(() => microNodes(reader, 'web'));
    await stopAll(viaLeases);
    expect(await endsSeen(leaseWatchers)).toEqual(IDS.map((id) => `delete ${id}`));
  });
});
