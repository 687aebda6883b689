import { checkWatches, keyValueOf, Timeline } from '@etcd-ts/checker';
import type { Change } from '@etcd-ts/checker';
import { allKeys, Client, del, put } from '@etcd-ts/client';
import { SeededRng } from '@etcd-ts/foundation';
import { EtcdCluster, eventually, pause } from '@etcd-ts/testkit';
import { Event_EventType } from '@etcd-ts/wire-protocol';
import { WatcherStream } from './many-watchers.js';
import { ProxyProcess } from './proxy-process.js';

/* Many watchers through one proxy, before a cluster that loses a member. PROXY_SEED tries another run. */

const SEED = Number(process.env['PROXY_SEED'] ?? '1');
const KEYS = ['k0', 'k1', 'k2', 'k3', 'other'];
const STREAMS = 8;
const STEPS = 150;
const WAIT_MS = 60_000;

/** What really happened, as the cluster itself tells it. */
async function timelineOf(client: Client, last: number): Promise<Timeline> {
  const timeline = new Timeline();
  const changes = new Map<number, Change[]>();
  for await (const { events } of client.watch(allKeys(), { startRevision: 2 })) {
    for (const { type, kv } of events) {
      if (kv === undefined) continue;
      const own = keyValueOf(kv);
      const change = { key: own.key, kv: type === Event_EventType.PUT ? own : undefined };
      changes.set(own.modRevision, [...(changes.get(own.modRevision) ?? []), change]);
    }
    if (changes.has(last)) break;
  }
  for (let revision = 2; revision <= last; revision++) timeline.append(changes.get(revision) ?? []);
  return timeline;
}

it(`no watcher misses an event, gets one twice or out of place (seed ${SEED})`, async () => {
  const rng = new SeededRng(SEED);
  const cluster = await EtcdCluster.start({ flavour: 'ours', size: 3 });
  const endpoints = cluster.members.map(({ endpoint }) => endpoint);
  const proxy = await ProxyProcess.start('grpc-proxy', endpoints.join(','));
  const direct = new Client({ endpoints, requestTimeoutMs: WAIT_MS });
  const proxied = new Client({ endpoints: [proxy.endpoint], requestTimeoutMs: WAIT_MS });
  try {
    const streams = Array.from(
      { length: STREAMS },
      (_, i) => new WatcherStream(`stream ${i}`, proxied, rng),
    );
    let revision = 1;
    const write = async (): Promise<void> => {
      const key = KEYS[rng.below(KEYS.length)] ?? 'k0';
      const client = rng.below(2) === 0 ? direct : proxied;
      const change = rng.below(4) === 0 ? del(key) : put(key, `v${rng.below(1000)}`);
      // One that fails has happened or not: the cluster's own watch will tell.
      const { header } = await client.kv
        .txn()
        .do(change, put('k2', 'x'))
        .commit()
        .catch(() => ({ header: undefined }));
      revision = Math.max(revision, Number(header?.revision ?? 0n));
    };
    for (let step = 0; step < STEPS; step++) {
      const stream = streams[rng.below(streams.length)];
      const kind = rng.below(10);
      if (kind < 4) await write();
      else if (kind < 6) await Promise.all([write(), write(), write()]);
      else if (kind < 9) await stream?.join(revision);
      else await stream?.disturb();
      if (step === STEPS / 3) await cluster.members[0]?.kill();
      if (step === (2 * STEPS) / 3) await cluster.members[0]?.start();
      if (rng.below(8) === 0) await pause(1);
    }
    // Both kinds of events for every key: whatever anybody watches, there is something to wait for.
    for (let i = 0; i < 12; i++)
      await direct.kv
        .txn()
        .do(...KEYS.map((key) => put(key, 'end')))
        .commit();
    const { header } = await direct.kv.delete(allKeys());
    const last = Number(header?.revision ?? 0n);
    const all = () => (streams.every((stream) => stream.hasReached(last - 1)) ? true : undefined);
    await eventually('everybody has the end', all, WAIT_MS);
    for (const stream of streams) stream.finish(last - 1);
    const records = streams.flatMap((stream) => stream.records);
    expect(records.length).toBeGreaterThan(STEPS / 5);
    expect(checkWatches(records, await timelineOf(direct, last))).toEqual({ kind: 'ok' });
  } finally {
    direct.close();
    proxied.close();
    await proxy.stop();
    await cluster.dispose();
  }
});
