import { Client } from '@etcd-ts/client';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { nodeConfiguration, startNode } from '@etcd-ts/node';

async function main(): Promise<void> {
  // The options are etcd's flags; port 0 is any that is free.
  const config = nodeConfiguration({
    'data-dir': 'embedded.etcd',
    'listen-client-urls': 'http://127.0.0.1:0',
    'advertise-client-urls': 'http://127.0.0.1:0',
    'listen-peer-urls': 'http://127.0.0.1:0',
  });
  const node = await startNode(config, { logger: SILENT_LOGGER });
  await node.ready;

  const [address] = node.clientAddresses;
  if (address === undefined || !('port' in address)) throw new Error('listens on a port');
  const client = new Client({ endpoints: [`127.0.0.1:${address.port}`] });
  await client.kv.put('greeting', 'hello from within');
  console.log(String((await client.kv.get('greeting'))?.value));
  client.close();

  const { text } = await node.metrics.scrape();
  console.log(/^etcd_mvcc_put_total \d+$/mu.exec(text)?.[0]);
  await node.stop();
}

void main();
