import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gauge } from 'prom-client';
import { createMetrics } from './create.js';
import type { EtcdMetrics } from './create.js';

interface Described {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
  readonly bounds: string;
}

/** testdata/metrics.txt: what a node of etcd 3.7 exports: name, type, labels, bounds. */
const DESCRIBED: readonly Described[] = readFileSync(
  join(__dirname, '../../testdata/metrics.txt'),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', type = '', labels = '', bounds = ''] = line.split('|').map((s) => s.trim());
    return { name, type, labels, bounds };
  });

let metrics: EtcdMetrics;
afterEach(() => metrics.close());

const put = { service: 'etcdserverpb.KV', method: 'Put', type: 'unary' } as const;

function create(mode: 'basic' | 'extensive' = 'basic'): EtcdMetrics {
  metrics = createMetrics({ serverVersion: '3.7.1', mode, grpcMethods: [put] });
  return metrics;
}

async function lines(): Promise<readonly string[]> {
  return (await metrics.scrape()).text.split('\n');
}

/** The families of all groups by metric name, so that a test can give each one a series. */
function touchFamilies(): void {
  for (const group of ['disk', 'mvcc', 'server', 'lease', 'network', 'legacy'] as const) {
    for (const instrument of Object.values<unknown>(metrics[group])) {
      if (typeof instrument !== 'object' || instrument === null) continue;
      if (!('labelNames' in instrument) || !('with' in instrument)) continue;
      const { labelNames } = instrument as { labelNames: readonly string[] };
      (instrument as { with(...values: readonly string[]): unknown }).with(
        ...labelNames.map(() => 'x'),
      );
    }
  }
}

describe('the metrics of a node', () => {
  it('are those of etcd, with their types, labels and bounds, and no other etcd_ name', async () => {
    create();
    touchFamilies();
    const text = await lines();
    const types = new Map(
      text.flatMap((line) => {
        const match = /^# TYPE (\S+) (\S+)$/.exec(line);
        return match?.[1] === undefined ? [] : [[match[1], match[2]]];
      }),
    );
    for (const { name, type, labels, bounds } of DESCRIBED) {
      expect(`${name} ${types.get(name)}`).toBe(`${name} ${type}`);
      const series = text.filter((line) =>
        line.startsWith(type === 'histogram' ? `${name}_bucket{` : `${name}{`),
      );
      const found = new Set(
        series.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map((match) => match[1])),
      );
      const expected = labels === '' ? [] : labels.split(',').map((label) => label.trim());
      if (type === 'histogram') expected.push('le');
      if (name !== 'etcd_server_version')
        expect([name, ...found].sort()).toEqual([name, ...expected].sort());
      if (type === 'histogram') {
        const [start = 0, factor = 0, count = 0] = bounds.split(',').map(Number);
        const spelled = series.map((line) =>
          Number(/le="([^"]+)"/.exec(line)?.[1]?.replace('+Inf', 'Infinity')),
        );
        expect(spelled).toHaveLength(count + 1);
        spelled
          .slice(0, -1)
          .forEach((bound, i) => expect(bound).toBeCloseTo(start * factor ** i, 9));
      }
    }
    const names = new Set(DESCRIBED.map(({ name }) => name));
    expect(
      [...types.keys()].filter((name) => name.startsWith('etcd_') && !names.has(name)),
    ).toEqual([]);
  });

  it('have every metric without labels from the start, at zero', async () => {
    create();
    const text = new Set(await lines());
    for (const { name, type, labels } of DESCRIBED) {
      if (labels !== '') continue;
      expect(text).toContain(type === 'histogram' ? `${name}_count 0` : `${name} 0`);
    }
  });

  it('have every gRPC method and code from the start', async () => {
    create();
    const labels = 'grpc_type="unary",grpc_service="etcdserverpb.KV",grpc_method="Put"';
    metrics.grpc.method('/etcdserverpb.KV/Put')?.handled(3);
    metrics.grpc.method('/etcdserverpb.KV/Put')?.handled(99);
    const text = await lines();
    expect(text).toContain(`grpc_server_started_total{${labels}} 0`);
    expect(text).toContain(`grpc_server_handled_total{${labels},grpc_code="OK"} 0`);
    expect(text).toContain(`grpc_server_handled_total{${labels},grpc_code="InvalidArgument"} 1`);
    expect(text).toContain(`grpc_server_handled_total{${labels},grpc_code="Unknown"} 1`);
    expect(text.filter((line) => line.startsWith('grpc_server_handled_total{'))).toHaveLength(17);
    expect(text.join('\n')).not.toContain('grpc_server_handling_seconds');
  });

  it('have handling times only when they are asked to be extensive', async () => {
    create('extensive');
    metrics.grpc.method('/etcdserverpb.KV/Put')?.handling?.observe(0.003);
    const text = await lines();
    expect(
      text.filter((line) => /^grpc_server_handling_seconds_bucket.* 1$/.test(line)),
    ).toHaveLength(12);
  });

  it('tell the truth about the process', async () => {
    create();
    const text = await lines();
    const value = (name: string): number =>
      Number(text.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
    const now = Date.now() / 1000;
    expect(Math.abs(value('process_start_time_seconds') - (now - process.uptime()))).toBeLessThan(
      30,
    );
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(value('process_virtual_memory_bytes')).toBeGreaterThan(1e7);
    expect(value('process_open_fds')).toBeGreaterThan(2);
    expect(value('os_fd_limit')).toBeGreaterThan(value('os_fd_used'));
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(text).toContain('promhttp_metric_handler_requests_in_flight 1');
    expect(text).toContain(
      `etcd_server_go_version{server_go_version="node${process.versions.node}"} 1`,
    );
  });

  it('belong to one node: another one in the process has its own', async () => {
    const other = createMetrics({ serverVersion: '3.7.1', mode: 'basic', grpcMethods: [] });
    create();
    metrics.mvcc.put.inc(5);
    other.mvcc.put.inc();
    expect(await lines()).toContain('etcd_mvcc_put_total 5');
    expect((await other.scrape()).text).toContain('etcd_mvcc_put_total 1\n');
    other.close();
  });

  it('may be joined by metrics of the program that embeds the node', async () => {
    create();
    new Gauge({ name: 'rooms_open', help: 'Rooms.', registers: [metrics.registry] }).set(3);
    expect(await lines()).toContain('rooms_open 3');
  });

  it('read the same through the registry as through the page', async () => {
    create('extensive');
    metrics.server.clientRequests.with('unary', 'a "quoted"\\\n').inc();
    metrics.disk.walFsync.observe(0.002);
    const varying = /^(process|nodejs|os|promhttp)_|^#|^$/;
    const stable = (text: string): readonly string[] =>
      text.split('\n').filter((line) => !varying.test(line));
    expect(stable((await metrics.scrape()).text)).toEqual(stable(await metrics.registry.metrics()));
  });
});
