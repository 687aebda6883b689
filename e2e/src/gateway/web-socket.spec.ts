import { EtcdProcess, eventually, type Flavour } from '@etcd-ts/testkit';
import { WebSocket } from 'ws';

const FLAVOURS: readonly Flavour[] = ['ours', 'reference'];
const PATIENCE_MS = 60_000;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Message {
  readonly result?: { readonly events?: readonly object[]; readonly header?: object };
  readonly [name: string]: unknown;
}

/** A client as a page in a browser is one: the protocol is the only header it chooses. */
class Client {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  constructor(endpoint: string, path: string, protocols: readonly string[] = []) {
    this.socket = new WebSocket(`ws://${endpoint}/v3/${path}`, [...protocols]);
    this.socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString()) as Message);
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  async send(...bodies: readonly object[]): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => this.socket.once('open', resolve));
    }
    for (const body of bodies) this.socket.send(JSON.stringify(body));
  }

  seen(count: number): Promise<true> {
    return eventually(
      `${count} messages`,
      () => (this.messages.length >= count ? true : undefined),
      PATIENCE_MS,
    );
  }
}

describe('the JSON gateway over WebSockets', () => {
  const nodes = new Map<Flavour, EtcdProcess>();
  beforeAll(async () => {
    for (const flavour of FLAVOURS) nodes.set(flavour, await EtcdProcess.start({ flavour }));
  });
  afterAll(async () => {
    for (const node of nodes.values()) await node.dispose();
  });

  const endpointOf = (flavour: Flavour): string => nodes.get(flavour)?.endpoint ?? '';

  async function post(flavour: Flavour, path: string, body: object): Promise<Message> {
    const url = `http://${endpointOf(flavour)}/v3/${path}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Message;
  }

  it.each(FLAVOURS)('streams a watch, a message for each answer: %s', async (flavour) => {
    const watch = new Client(endpointOf(flavour), 'watch');
    await watch.send({ create_request: { key: base64('w'), watch_id: 5 } });
    await watch.seen(1);
    await post(flavour, 'kv/put', { key: base64('w'), value: base64('1') });
    await post(flavour, 'kv/deleterange', { key: base64('w') });
    await watch.seen(3);
    // The same socket takes more requests.
    await watch.send({ cancel_request: { watch_id: 5 } });
    await watch.seen(4);
    watch.socket.close();
    await watch.closed;
    const seen = watch.messages.map(({ result }) => {
      const { header, events, ...rest } = result ?? {};
      return { hasHeader: header !== undefined, events, ...rest };
    });
    expect(seen).toEqual([
      { hasHeader: true, created: true, watch_id: '5' },
      {
        hasHeader: true,
        watch_id: '5',
        events: [{ kv: expect.objectContaining({ value: 'MQ==' }) as object }],
      },
      { hasHeader: true, watch_id: '5', events: [expect.objectContaining({ type: 'DELETE' })] },
      { hasHeader: true, watch_id: '5', canceled: true },
    ]);
  });

  it.each(FLAVOURS)('keeps leases alive: %s', async (flavour) => {
    await post(flavour, 'lease/grant', { TTL: 60, ID: 77 });
    const alive = new Client(endpointOf(flavour), 'lease/keepalive');
    await alive.send({ ID: 77 }, { ID: '78' });
    await alive.seen(2);
    alive.socket.close();
    expect(alive.messages.map(({ result }) => ({ ...result, header: undefined }))).toEqual([
      { ID: '77', TTL: '60' },
      { ID: '78' },
    ]);
  });

  it('answers a single request too, and says why one fails, before it closes', async () => {
    const range = new Client(endpointOf('ours'), 'kv/range');
    await range.send({ key: base64('none') });
    expect(await range.closed).toBe(1000);
    expect(range.messages).toEqual([{ header: expect.anything() as object }]);
    const bad = new Client(endpointOf('ours'), 'kv/range');
    await bad.send({ key: 5 });
    expect(await bad.closed).toBe(1011);
    expect(bad.messages).toMatchObject([{ code: 3 }]);
    const stream = new Client(endpointOf('ours'), 'watch');
    await stream.send({ create_request: { key: 5 } });
    expect(await stream.closed).toBe(1011);
    expect(stream.messages).toMatchObject([{ error: { code: 3 } }]);
  });

  it('closes on a message that is larger than any request may be', async () => {
    const client = new Client(endpointOf('ours'), 'watch');
    await client.send({ create_request: { key: 'A'.repeat(8_000_000) } });
    expect(await client.closed).toBe(1009);
  });

  it('is no way past the user names, and takes the token where a browser can put it', async () => {
    for (const flavour of FLAVOURS) {
      await post(flavour, 'auth/user/add', { name: 'root', password: 'r' });
      await post(flavour, 'auth/user/grant', { user: 'root', role: 'root' });
      await post(flavour, 'auth/enable', {});
      const anonymous = new Client(endpointOf(flavour), 'watch');
      await anonymous.send({ create_request: { key: base64('w') } });
      await anonymous.seen(1);
      expect(anonymous.messages[0]?.result).toMatchObject({ canceled: true });
      anonymous.socket.terminate();
      const { token } = await post(flavour, 'auth/authenticate', { name: 'root', password: 'r' });
      const known = new Client(endpointOf(flavour), 'watch', ['Bearer', String(token)]);
      await known.send({ create_request: { key: base64('w') } });
      await known.seen(1);
      expect(known.socket.protocol).toBe('Bearer');
      expect(known.messages[0]?.result).toMatchObject({ created: true });
      known.socket.terminate();
    }
  });

  it('ends when the member does', async () => {
    const stopped = await EtcdProcess.start({ flavour: 'ours' });
    const watch = new Client(stopped.endpoint, 'watch');
    await watch.send({ create_request: { key: base64('w') } });
    await watch.seen(1);
    const [code] = await Promise.all([watch.closed, stopped.dispose()]);
    expect([1006, 1011]).toContain(code);
  });
});
