import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EtcdProcess, workspaceRoot } from '@etcd-ts/testkit';
import { parse } from 'yaml';

const MONITORING = join(workspaceRoot(), 'docker', 'monitoring');
const read = (...path: readonly string[]): string =>
  readFileSync(join(MONITORING, ...path), 'utf8');

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const dashboard = JSON.parse(read('grafana', 'dashboards', 'etcd.json')) as Dashboard;
const alerts = parse(read('etcd-alerts.yml')) as Alerts;

const queries = [
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [`panel: ${title}`, expr] as const),
  ),
  ...alerts.groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr }) => [`alert: ${alert}`, expr] as const),
  ),
];

/** Not measured by a lone member with the flags it has by default, and why. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['etcd_network_peer_round_trip_time_seconds', 'between members'],
  ['grpc_server_handling_seconds', 'with --metrics=extensive'],
]);

const metricsIn = (expression: string): readonly string[] =>
  [...expression.matchAll(/\b(?:etcd|grpc|process)_[a-z_]+(?=[[{ )]|$)/gmu)]
    .map(([name]) => name.replace(/_bucket$/u, ''))
    .filter((name) => !/^grpc_(?:method|code|type)$/u.test(name));

let served: ReadonlySet<string>;
beforeAll(async () => {
  const node = await EtcdProcess.start({ flavour: 'ours' });
  const page = await (await fetch(`http://${node.endpoint}/metrics`)).text();
  await node.dispose();
  served = new Set([...page.matchAll(/^# TYPE (\S+) /gmu)].map(([, name = '']) => name));
});

it.each(queries)('%s asks for what a node measures', (_what, expression) => {
  const names = metricsIn(expression);
  if (names.length === 0) expect(expression).toContain('up{job=');
  for (const name of names) {
    if (!ELSEWHERE.has(name)) expect(served).toContain(name);
  }
});

it('every parenthesis of a query is closed', () => {
  for (const [, expression] of queries) {
    for (const [open, close] of ['()', '[]', '{}']) {
      expect(expression.split(open ?? '').length).toBe(expression.split(close ?? '').length);
    }
  }
});

it('Prometheus loads the alerts, and Grafana finds Prometheus and the dashboard', () => {
  const prometheus = parse(read('prometheus.yml')) as { rule_files: readonly string[] };
  expect(prometheus.rule_files).toEqual(['etcd-alerts.yml']);
  const provisioning = ['grafana', 'provisioning'] as const;
  const sources = parse(read(...provisioning, 'datasources', 'prometheus.yml')) as {
    datasources: readonly { uid: string }[];
  };
  expect(sources.datasources.map(({ uid }) => uid)).toEqual(['prometheus']);
  expect(read('grafana', 'dashboards', 'etcd.json')).not.toMatch(/"uid": "(?!prometheus|etcd")/u);
});
