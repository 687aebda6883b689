import { Client, compare, prefix, put } from '@etcd-ts/client';

async function main(): Promise<void> {
  const client = new Client({ endpoints: ['10.0.0.1:2379', '10.0.0.2:2379', '10.0.0.3:2379'] });

  await client.kv.put('greeting', 'hello');
  const pair = await client.kv.get('greeting');
  console.log(String(pair?.value));

  const { succeeded } = await client.kv
    .txn()
    .if(compare('greeting').value.equals('hello'))
    .do(put('greeting', 'moved'), put('app/greeting', 'hello'))
    .commit();
  console.log(succeeded);

  for await (const { events } of client.watch(prefix('app/'), { startRevision: 1 })) {
    for (const { kv } of events) console.log(String(kv?.key));
    break;
  }

  client.close();
}

void main();
