import { EtcdCluster, ProgressLine, RpcClient, runCampaignCommand } from '@etcd-ts/testkit';

import { connections } from './connections.js';
import { flood, stall } from './flood.js';
import { leases } from './leases.js';
import type { Scenario, Stage } from './scenario.js';
import { VitalSigns } from './vital-signs.js';
import { watchers } from './watchers.js';
import { wholeRanges } from './whole-ranges.js';

const SCENARIOS: readonly Scenario[] = [connections, watchers, leases, flood, stall, wholeRanges];
const LIST = SCENARIOS.map(({ name, what }) => `  ${name.padEnd(12)} ${what}`).join('\n');

/** As large as etcd suggests at most: what is tried is too much at a time, not too much in all. */
const QUOTA = ['--quota-backend-bytes', String(8 * 1024 ** 3)];

/** A cluster of its own, so that no scenario suffers from what another has left behind. */
async function play(scenario: Scenario, scale: number, size: number): Promise<string> {
  const progress = new ProgressLine();
  const clients: RpcClient[] = [];
  const cluster = await EtcdCluster.start({ flavour: 'ours', size, flags: QUOTA });
  const signs = await VitalSigns.of(cluster);
  const stage: Stage = {
    cluster,
    scale,
    connect: (i) => {
      const member = cluster.members[i % cluster.members.length];
      const client = new RpcClient(member?.endpoint ?? '');
      clients.push(client);
      return client;
    },
    show: (text) => progress.show(`${scenario.name}: ${text}`),
  };
  try {
    const happened = await scenario.run(stage);
    for (const client of clients) client.close();
    return `${happened}; ${await signs.judge(scenario.elects ?? false)}`;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${scenario.name}: ${what}\n${cluster.lastWords()}`, { cause: error });
  } finally {
    progress.clear();
    signs.stop();
    for (const client of clients) if (!client.isClosed) client.close();
    await cluster.dispose();
  }
}

void runCampaignCommand({
  name: 'overload',
  purpose: 'more than a cluster can do, and whether it lives on',
  options: [
    {
      name: 'only',
      kind: 'list',
      default: SCENARIOS.map(({ name }) => name).join(','),
      placeholder: 'NAME,...',
      help: 'these alone',
    },
    { name: 'scale', kind: 'number', default: '1', min: 0.001, help: 'of everything that is much' },
    { name: 'members', kind: 'count', default: '3', min: 1, help: 'of each cluster' },
  ],
  complaint: ({ only }) => {
    const unknown = only.find((name) => !SCENARIOS.some((one) => one.name === name));
    return unknown === undefined ? undefined : `there is no scenario ${unknown}\n${LIST}`;
  },
  run: async ({ only, scale, members }, print) => {
    for (const scenario of SCENARIOS.filter(({ name }) => only.includes(name))) {
      print(`${scenario.name}: ${await play(scenario, scale, members)}`);
    }
  },
});
