import { eventually } from './testing/eventually.js';
import { Served } from './testing/served.js';

let served: Served;
beforeEach(async () => {
  served = await Served.start();
});
afterEach(() => served.close());

const put = (key: string, value: string) =>
  served.ask('PUT', `/v2/keys${key}`, { form: { value } });

describe('a request that waits', () => {
  it('has its headers at once and its event when there is one', async () => {
    const poll = await served.poll('/v2/keys/a?wait=true');
    expect(poll.text).toContain('HTTP/1.1 200 OK');
    expect(poll.text).toContain('X-Etcd-Index: 3');
    expect(poll.events).toEqual([]);
    await put('/a', '1');
    await poll.until((text) => text.endsWith('0\r\n\r\n'));
    expect(poll.events).toEqual([
      '{"action":"set","node":{"key":"/a","value":"1","modifiedIndex":4,"createdIndex":4}}',
    ]);
    poll.leave();
  });

  it('streams until it leaves, from where it asked to', async () => {
    await put('/d/a', '1');
    await put('/d/b', '2');
    const poll = await served.poll('/v2/keys/d?wait=true&recursive=true&stream=true&waitIndex=4');
    await put('/d/c', '3');
    await poll.until(() => poll.events.length === 3);
    expect(poll.events.map((event) => /"value":"(.)"/u.exec(event)?.[1])).toEqual(['1', '2', '3']);
    expect(served.server.watcherCount()).toBe(1);
    poll.leave();
    await eventually(() => served.server.watcherCount() === 0);
  });

  it('is refused a past that is gone', async () => {
    for (let i = 0; i < 1001; i++) served.server.store.countClusterWrite('set');
    const { status, body } = await served.ask('GET', '/v2/keys/a?wait=true&waitIndex=2');
    expect(status).toBe(400);
    expect(body).toContain('"errorCode":401');
    expect(body).toContain('"cause":"the requested history has been cleared [5/2]","index":1004');
  });

  it('does not wait if it asks the quorum', async () => {
    expect((await served.ask('GET', '/v2/keys/a?wait=true&quorum=true')).status).toBe(404);
  });

  it('ends when the node stops', async () => {
    const poll = await served.poll('/v2/keys/a?wait=true&recursive=true');
    served.stopping.abort();
    await poll.until((text) => text.endsWith('0\r\n\r\n'));
    await eventually(() => served.server.watcherCount() === 0);
    expect(poll.events).toEqual([]);
  });

  it('is ended when its client does not read, and costs a bounded queue until then', async () => {
    const socket = served.open();
    socket.pause();
    socket.write('GET /v2/keys/big?wait=true&stream=true HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => served.server.watcherCount() === 1);
    for (let i = 0; i < 400 && served.server.watcherCount() > 0; i++)
      await put('/big', 'x'.repeat(100_000));
    expect(served.server.watcherCount()).toBe(0);
    socket.destroy();
  });
});
