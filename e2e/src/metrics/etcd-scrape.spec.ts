import { EtcdCluster, etcdctl, eventually } from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';

import { ask } from '../v2/http-request.js';
import { scrape } from './scrape.js';
import type { ScrapedFamily } from './scrape.js';

type Families = ReadonlyMap<string, ScrapedFamily>;

/**
 * What 3.4 has and ours has not, as 3.7 has it no more: five names that etcd_mvcc_* has replaced,
 * and the v2 handler's, whose counts etcd_debugging_store_* and grpc's leave little to ask for.
 */
const GONE = [
  'etcd_debugging_mvcc_db_total_size_in_bytes',
  'etcd_debugging_mvcc_delete_total',
  'etcd_debugging_mvcc_put_total',
  'etcd_debugging_mvcc_range_total',
  'etcd_debugging_mvcc_txn_total',
  'etcd_http_failed_total',
  'etcd_http_received_total',
  'etcd_http_successful_duration_seconds',
];
const SEND: readonly [string, string, string, number] = ['histogram', '', '0.001', 15];
/** What later versions added: type, labels and, of a histogram, the first bound and how many. */
const LATER: Readonly<Record<string, readonly [string, string, string?, number?]>> = {
  etcd_debugging_mvcc_db_compaction_last: ['gauge', ''],
  etcd_debugging_server_alarms: ['gauge', 'alarm_type,server_id'],
  etcd_debugging_server_watch_send_loop_control_stream_duration_seconds: SEND,
  etcd_debugging_server_watch_send_loop_progress_duration_seconds: SEND,
  etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds: SEND,
  etcd_debugging_server_watch_send_loop_watch_stream_duration_seconds: SEND,
  etcd_disk_wal_write_duration_seconds: ['histogram', '', '0.001', 15],
  etcd_network_known_peers: ['gauge', 'Local,Remote'],
  etcd_server_apply_duration_seconds: ['histogram', 'op,success,version', '0.0001', 21],
  etcd_server_feature_enabled: ['gauge', 'name,stage'],
  etcd_server_healthcheck: ['gauge', 'name,type'],
  etcd_server_healthchecks_total: ['counter', 'name,status,type'],
  etcd_server_range_duration_seconds: ['histogram', 'success', '0.0001', 21],
  etcd_server_request_duration_seconds: ['histogram', 'success,type', '0.001', 15],
};

/** The original has them and never counts in them: there, what failed is among what succeeded. */
const FAILURES = [
  'etcd_debugging_store_reads_failed_total',
  'etcd_debugging_store_writes_failed_total',
];

let ours: EtcdCluster;
let reference: EtcdCluster;
let scrapes: Readonly<Record<Flavour, Families>>;

async function startBusy(flavour: Flavour): Promise<EtcdCluster> {
  const flags = ['--enable-v2', '--metrics=extensive'];
  const cluster = await EtcdCluster.start({ flavour, size: 3, flags });
  const { endpoint } = await cluster.leader();
  await etcdctl(endpoint, ['put', 'key', 'value']);
  await etcdctl(endpoint, ['get', 'key']);
  await etcdctl(endpoint, ['del', 'key']);
  await etcdctl(endpoint, ['lease', 'grant', '60']);
  await etcdctl(endpoint, ['endpoint', 'health']);
  await fetch(`http://${endpoint}/health`);
  await fetch(`http://${endpoint}/readyz`);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const send = (method: string, target: string, body = '') =>
    ask(endpoint, { method, target, headers: form, body }, false);
  await send('PUT', '/v2/keys/a', 'value=1');
  await send('PUT', '/v2/keys/a', 'value=2&prevExist=true');
  await send('PUT', '/v2/keys/a', 'value=3&prevValue=2');
  await send('POST', '/v2/keys/queue', 'value=1');
  await send('GET', '/v2/keys/a');
  await send('GET', '/v2/keys/?recursive=true');
  await send('GET', '/v2/keys/none');
  await send('DELETE', '/v2/keys/none');
  await send('DELETE', '/v2/keys/a?prevValue=3');
  await send('DELETE', '/v2/keys/queue?recursive=true');
  return cluster;
}

beforeAll(async () => {
  reference = await startBusy('reference');
  ours = await startBusy('ours');
  scrapes = { reference: await probedScrape(reference), ours: await probedScrape(ours) };
});

afterAll(async () => {
  await Promise.all([ours.dispose(), reference.dispose()]);
});

/** Members measure their distance every few seconds. */
async function probedScrape(cluster: EtcdCluster): Promise<Families> {
  const { endpoint } = await cluster.leader();
  return eventually('a round trip to a peer', async () => {
    const families = await scrape(endpoint);
    return families.has('etcd_network_peer_round_trip_time_seconds') ? families : undefined;
  });
}

const names = (families: Families, prefix = ''): string[] =>
  [...families.keys()].filter((name) => name.startsWith(prefix)).sort();

function shape({ type, labels, bounds }: ScrapedFamily): unknown {
  return { type, labels: [...labels].sort(), bounds: [...bounds] };
}

describe('a scrape of the leader of three, beside that of the original', () => {
  it('has every metric but those of the Go runtime and of what 3.7 has dropped', () => {
    const missing = names(scrapes.reference).filter(
      (name) => !scrapes.ours.has(name) && !name.startsWith('go_'),
    );
    expect(missing).toEqual(GONE);
  });

  it('has what later versions added, as they have it', () => {
    for (const [name, [type, labels, first, count]] of Object.entries(LATER)) {
      const family = scrapes.ours.get(name);
      expect([name, family?.type, ...(family?.labels ?? [])]).toEqual([name, type, labels]);
      expect([...(family?.bounds ?? [])][0]).toBe(first);
      expect(family?.bounds.size).toBe(count ?? 0);
    }
  });

  it('adds nothing else of its own but what Node says of itself', () => {
    const added = names(scrapes.ours).filter(
      (name) => !scrapes.reference.has(name) && !(name in LATER) && !name.startsWith('nodejs_'),
    );
    expect(added).toEqual(FAILURES);
  });

  it('says the same types, labels and buckets', () => {
    for (const name of names(scrapes.ours).filter((each) => scrapes.reference.has(each))) {
      const [own, others] = [scrapes.ours.get(name), scrapes.reference.get(name)];
      if (own === undefined || others === undefined) throw new Error('both were listed');
      expect([name, shape(own)]).toEqual([name, shape(others)]);
    }
  });

  it('has the series of every method and code from the start, as the original has', () => {
    for (const name of names(scrapes.reference, 'grpc_server_')) {
      if (name === 'grpc_server_handling_seconds') continue;
      const own = scrapes.ours.get(name)?.series;
      const missing = [...(scrapes.reference.get(name)?.series ?? [])].filter(
        (series) => own?.has(series) !== true,
      );
      expect([name, missing]).toEqual([name, []]);
    }
  });

  it('counts what the v2 store does by the same actions', () => {
    for (const name of names(scrapes.reference, 'etcd_debugging_store_')) {
      const series = (flavour: Flavour) => [...(scrapes[flavour].get(name)?.series ?? [])].sort();
      expect([name, series('ours')]).toEqual([name, series('reference')]);
    }
  });
});
