import { parseArgs } from 'node:util';

import { EtcdCluster, ProgressLine, RpcClient } from '@etcd-ts/testkit';

import { connections } from './connections.js';
import { flood } from './flood.js';
import { leases } from './leases.js';
import type { Scenario, Stage } from './scenario.js';
import { VitalSigns } from './vital-signs.js';
import { watchers } from './watchers.js';
import { wholeRanges } from './whole-ranges.js';

const SCENARIOS: readonly Scenario[] = [connections, watchers, leases, flood, wholeRanges];
const USAGE = `usage: overload [--only NAME,...] [--scale 0.1] [--members N]
${SCENARIOS.map(({ name, what }) => `  ${name.padEnd(12)} ${what}`).join('\n')}`;

/** A cluster of its own, so that no scenario suffers from what another has left behind. */
async function play(scenario: Scenario, scale: number, size: number): Promise<string> {
  const progress = new ProgressLine();
  const clients: RpcClient[] = [];
  const cluster = await EtcdCluster.start({ flavour: 'ours', size });
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
    return `${happened}; ${await signs.judge()}`;
  } finally {
    progress.clear();
    signs.stop();
    for (const client of clients) if (!client.isClosed) client.close();
    await cluster.dispose();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: SCENARIOS.map(({ name }) => name).join(',') },
      scale: { type: 'string', default: '1' },
      members: { type: 'string', default: '3' },
    },
  });
  const scale = Number(values.scale);
  if (!(scale > 0)) throw new Error(`--scale ${values.scale} is no size`);
  for (const name of values.only.split(',')) {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    process.stdout.write(`${name}: ${await play(scenario, scale, Number(values.members))}\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});
