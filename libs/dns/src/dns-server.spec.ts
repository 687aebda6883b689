import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode } from 'dns-packet';
import type { DecodedPacket } from 'dns-packet';
import { DnsResolver } from './dns-resolver.js';
import { DnsServer } from './dns-server.js';
import { unframed } from './exchange.js';
import type { Zone } from './zone.js';

const SERVICE = '_etcd-server._tcp.etcd.example';
const members = (count: number): Zone => ({
  domain: 'etcd.example',
  ttlSeconds: 5,
  services: new Map([
    [
      SERVICE,
      Array.from({ length: count }, (_, i) => ({ target: `m${i}.etcd.example`, port: 2380 + i })),
    ],
  ]),
  addresses: new Map(
    Array.from({ length: count }, (_, i) => [
      `m${i}.etcd.example`,
      [`10.0.0.${i}`, `2001:db8::${i}`],
    ]),
  ),
});

let server: DnsServer;
let zone: Zone | undefined = members(3);
const types: string[] = [];
beforeAll(async () => {
  server = await DnsServer.start({
    address: { host: '127.0.0.1', port: 0 },
    zone: () => zone,
    onQuery: (type) => types.push(type),
  });
});
afterAll(() => server.stop());
beforeEach(() => {
  zone = members(3);
});

const resolver = (): DnsResolver =>
  new DnsResolver({
    nameservers: [{ host: '127.0.0.1', port: server.port }],
    timeoutMs: 60_000,
    attempts: 1,
    scheduler: {
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      every: () => () => undefined,
      soon: (callback) => void setImmediate(callback),
    },
    nextId: () => Math.floor(Math.random() * 65_536),
    hosts: new Map(),
  });

/** Which the types of the codec do not know. */
const rcodeOf = (packet: DecodedPacket | undefined): unknown =>
  packet !== undefined && 'rcode' in packet ? packet.rcode : undefined;

/** The answer to raw bytes; undefined when a later question is answered and this one was not. */
function ask(bytes: Buffer): Promise<DecodedPacket | undefined> {
  const marker = encode({
    type: 'query',
    id: 9,
    questions: [{ type: 'A', name: 'm0.etcd.example' }],
  });
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('message', (answer) => {
      const packet = decode(answer);
      socket.close();
      resolve(packet.id === 9 ? undefined : packet);
    });
    socket.send(bytes, server.port, '127.0.0.1', () =>
      socket.send(marker, server.port, '127.0.0.1'),
    );
  });
}

const question = (name: string, type: 'SRV' | 'A' | 'TXT' = 'SRV'): Buffer =>
  encode({ type: 'query', id: 7, questions: [{ type, name }] });

describe('a server of one zone', () => {
  it('tells services and addresses', async () => {
    expect(await resolver().srv(SERVICE)).toMatchObject({
      records: [
        { target: 'm0.etcd.example', port: 2380, ttlSeconds: 5 },
        { target: 'm1.etcd.example', port: 2381 },
        { target: 'm2.etcd.example', port: 2382 },
      ],
    });
    expect(await resolver().addresses('M1.etcd.example.')).toMatchObject({
      records: [{ address: '10.0.0.1' }, { address: '2001:db8::1' }],
    });
    expect(types).toContain('SRV');
  });

  it('adds the addresses of what it names, as long as they fit', async () => {
    expect((await ask(question(SERVICE)))?.additionals).toHaveLength(6);
  });

  it('tells long lists over TCP', async () => {
    zone = members(40);
    const answer = await ask(question(SERVICE));
    expect([answer?.flag_tc, answer?.answers]).toEqual([true, []]);
    const found = await resolver().srv(SERVICE);
    expect(found.kind === 'found' && found.records.length).toBe(40);
  });

  it('tells what is true now', async () => {
    zone = members(1);
    expect(await resolver().srv(SERVICE)).toMatchObject({ records: [{ port: 2380 }] });
    zone = { ...members(0), services: new Map() };
    expect(await resolver().srv(SERVICE)).toMatchObject({ kind: 'missing', ttlSeconds: 5 });
  });

  it('knows the difference between no such name and nothing of that type', async () => {
    const rcode = async (name: string, type?: 'A' | 'TXT') =>
      rcodeOf(await ask(question(name, type)));
    expect(await rcode('nobody.etcd.example')).toBe('NXDOMAIN');
    expect(await rcode('m0.etcd.example', 'TXT')).toBe('NOERROR');
    expect(await rcode('_tcp.etcd.example')).toBe('NOERROR');
    expect(await rcode('etcd.example')).toBe('NOERROR');
  });

  it('speaks for nobody else', async () => {
    expect(rcodeOf(await ask(question('example')))).toBe('REFUSED');
    expect(rcodeOf(await ask(question('notetcd.example')))).toBe('REFUSED');
  });

  it('does not say that something is missing while it does not know what there is', async () => {
    zone = undefined;
    expect(rcodeOf(await ask(question(SERVICE)))).toBe('SERVFAIL');
    expect(await resolver().srv(SERVICE)).toMatchObject({ kind: 'failed' });
  });

  it('answers nonsense with a complaint, and answers with nothing', async () => {
    const cut = question(SERVICE).subarray(0, 20);
    expect(rcodeOf(await ask(cut))).toBe('FORMERR');
    expect(await ask(Buffer.from('short'))).toBeUndefined();
    expect(await ask(encode({ type: 'response', id: 7, questions: [] }))).toBeUndefined();
  });

  it.each([
    ['grow when they are written again', Buffer.alloc(63, 0xff)],
    ['have a dot in a label', Buffer.from('a.b')],
    ['have two', Buffer.from('a..b')],
  ])('does not repeat names that %s', async (_, label) => {
    const root = question('.');
    const named = Buffer.concat([
      root.subarray(0, 12),
      Buffer.of(label.length),
      label,
      root.subarray(12),
    ]);
    const answer = await ask(named);
    // A dot within a label is a name all the same: one that can be told, and is not ours.
    expect(['FORMERR', 'REFUSED']).toContain(rcodeOf(answer));
    expect(answer?.questions?.every(({ name }) => /^[a-z.]*$/u.test(name))).toBe(true);
  });

  it('answers several questions on one connection', async () => {
    const one = question(SERVICE);
    const length = Buffer.from([one.length >> 8, one.length & 255]);
    const both = Buffer.concat([length, one, length, one]);
    const socket = connect(server.port, '127.0.0.1');
    let received = Buffer.alloc(0);
    let answers = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        for (let packet = unframed(received); packet !== undefined; packet = unframed(received)) {
          received = received.subarray(packet.length + 2);
          if (++answers === 2) resolve();
        }
      });
      // In pieces, as it may come.
      socket.write(both.subarray(0, 5));
      setImmediate(() => socket.write(both.subarray(5)));
    });
    socket.destroy();
  });
});
