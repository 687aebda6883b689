import { EtcdProcess, eventually } from '@etcd-ts/testkit';

import { ask, type HttpAnswer } from './http-request.js';

let first: EtcdProcess;
let node: EtcdProcess;
beforeAll(async () => {
  first = await EtcdProcess.start({ flavour: 'ours' });
  node = first;
});
afterAll(async () => {
  await node.dispose();
  await first.dispose();
});

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

function send(method: string, key: string, body = ''): Promise<HttpAnswer> {
  return ask(node.endpoint, { method, target: `/v2/keys${key}`, headers: FORM, body }, false);
}

async function ttlOf(key: string): Promise<number> {
  const { node: found } = JSON.parse((await send('GET', key)).body) as { node: { ttl: number } };
  return found.ttl;
}

it('a killed node comes back with its keys, the index, the history and the times to live', async () => {
  await send('PUT', '/config/a', 'value=1');
  await send('PUT', '/long', 'value=2&ttl=1000');
  await send('PUT', '/short', 'value=3&ttl=2');
  const last = Number((await send('PUT', '/config/a', 'value=4')).headers['x-etcd-index']);
  const before = await send('GET', '/config?recursive=true');
  await node.stop('SIGKILL');
  node = await node.restart();

  const after = await send('GET', '/config?recursive=true');
  expect(after.body).toBe(before.body);
  // It has said once more who it is, as the original does.
  expect(after.headers['x-etcd-index']).toBe(String(last + 1));
  expect((await send('GET', `/config/a?wait=true&waitIndex=${last}`)).body).toContain('"set"');
  const ttl = await ttlOf('/long');
  expect(ttl).toBeLessThanOrEqual(1000);
  expect(ttl).toBeGreaterThan(960);
  await eventually('the short one expires', async () =>
    (await send('GET', '/short')).status === 404 ? true : undefined,
  );
  const expiry = await send('GET', `/short?wait=true&waitIndex=${last + 1}`);
  expect(expiry.body).toContain('"action":"expire"');
});
