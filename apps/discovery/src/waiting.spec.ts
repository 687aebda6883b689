import { request } from 'node:http';
import { HEARTBEAT_MS } from './http/long-polls.js';
import { call, get, put, ServiceFixture } from './testing/service-fixture.js';
import type { Answer } from './testing/service-fixture.js';

const fixture = new ServiceFixture();
beforeEach(() => fixture.open());
afterEach(() => fixture.close());

const start = (...flags: string[]): Promise<void> => fixture.start(...flags);
const newToken = (query = ''): Promise<string> => fixture.newToken(query);

describe('a wait', () => {
  const event = async (answer: Promise<Answer>): Promise<unknown> => {
    const { status, body } = await answer;
    const { action, node } = JSON.parse(body) as { action: string; node: { value: string } };
    return [status, action, node.value];
  };
  const polls = async (count: number): Promise<void> => {
    const line = `discovery_long_polls ${count}`;
    while (!(await get(`${fixture.origin}/metrics`)).body.includes(line)) await nextTurn();
  };
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('ends at once with what has happened since its index', async () => {
    await start();
    const token = await newToken();
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    await put(`${token}/cd`, 'c=http://10.0.0.2:2380');
    const first = get(`${token}?recursive=true&wait=true&waitIndex=2`);
    expect(await event(first)).toEqual([200, 'create', 'a=http://10.0.0.1:2380']);
    const own = get(`${token}/cd?wait=true&waitIndex=3`);
    expect(await event(own)).toEqual([200, 'create', 'c=http://10.0.0.2:2380']);
  });

  it('ends with the next member otherwise, for everybody who waits', async () => {
    await start();
    const token = await newToken();
    const other = await newToken();
    const waits = [get(`${token}?recursive=true&wait=true`), get(`${token}?wait=true&waitIndex=3`)];
    await polls(2);
    await put(`${other}/ab`, 'x=http://10.0.0.9:2380');
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    for (const wait of waits)
      expect(await event(wait)).toEqual([200, 'create', 'a=http://10.0.0.1:2380']);
    await polls(0);
  });

  it('never tells of a removal as if it were a member: it sends to look again', async () => {
    await start();
    const token = await newToken();
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    const wait = get(`${token}?recursive=true&wait=true&waitIndex=3`);
    await polls(1);
    await call('DELETE', `${token}/ab`);
    expect((await wait).status).toBe(503);
    expect((await get(`${token}?recursive=true&wait=true&waitIndex=3`)).status).toBe(503);
  });

  it('is kept alive with blank space, and is good JSON all the same', async () => {
    await start();
    const token = await newToken();
    const wait = get(`${token}?recursive=true&wait=true`);
    await polls(1);
    fixture.aheadMs = HEARTBEAT_MS;
    fixture.beat();
    fixture.beat();
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    expect(await event(wait)).toEqual([200, 'create', 'a=http://10.0.0.1:2380']);
    expect((await wait).body).toMatch(/^\n\n\{/u);
    expect((await wait).index).toBe('1');
  });

  it('ends with a failure, never with an empty success, when the service stops', async () => {
    await start();
    const token = await newToken();
    const fresh = get(`${token}?recursive=true&wait=true`);
    await polls(1);
    fixture.aheadMs = HEARTBEAT_MS;
    fixture.beat();
    const late = get(`${token}?recursive=true&wait=true`);
    const broken = fresh.catch(() => 'broken off');
    await polls(2);
    await fixture.service?.stop();
    const { status, body } = await late;
    expect([status, JSON.parse(body).errorCode]).toEqual([503, 300]);
    expect(await broken).toBe('broken off');
    fixture.service = undefined;
  });

  it('finds room only as far as the limits go', async () => {
    await start('--max-polls', '2', '--max-polls-per-token', '1');
    const token = await newToken();
    const wait = get(`${token}?wait=true`);
    await polls(1);
    expect((await get(`${token}?wait=true`)).status).toBe(503);
    await put(`${token}/ab`, 'a=http://10.0.0.1:2380');
    expect((await wait).status).toBe(200);
  });

  it('costs nothing any more when whoever waits is gone', async () => {
    await start();
    const token = await newToken();
    const gone = request(`${token}?wait=true`).on('error', () => undefined);
    gone.end();
    await polls(1);
    gone.destroy();
    await polls(0);
  });
});
