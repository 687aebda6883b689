import type { Scheduler } from '@etcd-ts/foundation';
import { DnsResolver } from './dns-resolver.js';
import type { DnsResolverOptions } from './dns-resolver.js';
import { formatNameserver } from './nameserver.js';
import type { Behaviour } from './testing/odd-server.js';
import { address, alias, OddServer, response, srv } from './testing/odd-server.js';

const timers = new Set<() => void>();
/** Time stands still until a server keeps silent: then whoever waits for it has waited long enough. */
const SCHEDULER: Scheduler = {
  after: (_delayMs, callback) => {
    timers.add(callback);
    return () => timers.delete(callback);
  },
  every: () => () => undefined,
  soon: (callback) => void setImmediate(callback),
};

const elapse = (): void => {
  for (const callback of [...timers]) {
    timers.delete(callback);
    callback();
  }
};

const silence: Behaviour = () => {
  setImmediate(elapse);
  return [];
};

const NAME = '_etcd-server._tcp.example.com';
const open: OddServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop();
});

async function server(behaviour: Behaviour): Promise<OddServer> {
  const started = await OddServer.start(behaviour);
  open.push(started);
  return started;
}

let lastId = 0;
const resolver = (
  servers: readonly OddServer[],
  options: Partial<DnsResolverOptions> = {},
): DnsResolver =>
  new DnsResolver({
    nameservers: servers.map((each) => each.address),
    timeoutMs: 1000,
    attempts: 2,
    scheduler: SCHEDULER,
    nextId: () => (lastId = (lastId + 7919) % 65_536),
    hosts: new Map([['known', ['10.9.9.9', 'fe80::9']]]),
    ...options,
  });

const three: Behaviour = (asked) => [
  response(asked, [srv(NAME, 'B.example.com', 2), srv(NAME, 'a.example.com.', 1, 30)]),
];
const THREE = [
  { target: 'a.example.com', port: 1, priority: 0, weight: 0, ttlSeconds: 30 },
  { target: 'b.example.com', port: 2, priority: 0, weight: 0, ttlSeconds: 60 },
];
const on = (odd: OddServer): string => formatNameserver(odd.address);

describe('a lookup of services', () => {
  it('finds the records in an order that is the same for everybody', async () => {
    const odd = await server(three);
    expect(await resolver([odd]).srv('_etcd-server._tcp.Example.com.')).toEqual({
      kind: 'found',
      records: THREE,
    });
    expect(odd.asked).toMatchObject([{ name: NAME, type: 'SRV', overTcp: false }]);
  });

  it('comes over TCP when the answer is cut off', async () => {
    const odd = await server((asked) =>
      asked.overTcp ? three(asked) : [response(asked, [], { flags: 0x0200 })],
    );
    expect(await resolver([odd]).srv(NAME)).toMatchObject({ kind: 'found', records: THREE });
    expect(odd.asked.map(({ overTcp }) => overTcp)).toEqual([false, true]);
  });

  it('comes over TCP also when the cut goes through a record', async () => {
    const odd = await server((asked) => {
      if (asked.overTcp) return three(asked);
      const whole = response(asked, [srv(NAME, 'a.example.com', 1)], { flags: 0x0200 });
      return [whole.subarray(0, -7)];
    });
    expect(await resolver([odd]).srv(NAME)).toMatchObject({ kind: 'found' });
  });

  it('takes no for an answer', async () => {
    const missing = await server((asked) => [response(asked, [], { flags: 3 })]);
    expect(await resolver([missing]).srv(NAME)).toEqual({
      kind: 'missing',
      reason: `lookup ${NAME} on ${on(missing)}: no such host`,
      ttlSeconds: 5,
    });
    expect(missing.asked).toHaveLength(1);
    const empty = await server((asked) => [response(asked, [])]);
    expect(await resolver([empty]).srv(NAME)).toMatchObject({ kind: 'missing' });
    const closed = await server((asked) => [response(asked, [srv(NAME, '.', 0)])]);
    expect(await resolver([closed]).srv(NAME)).toMatchObject({
      reason: `lookup ${NAME}: no service`,
    });
  });

  it('takes no address out of a packet that ends within it', async () => {
    const cut = await server((asked) =>
      asked.type === 'A'
        ? [response(asked, [address(asked.name, '10.0.0.1')]).subarray(0, -4)]
        : [response(asked, [address(asked.name, '2001:db8::1')]).subarray(0, -9)],
    );
    expect(await resolver([cut]).addresses('a.example.com')).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('cannot unmarshal DNS message') as unknown,
    });
  });

  it('does not ask for what is no name', async () => {
    const odd = await server(three);
    for (const name of ['', 'a b', 'x'.repeat(64), 'a..b', `${'a.'.repeat(127)}com`]) {
      expect(await resolver([odd]).srv(name)).toMatchObject({ kind: 'failed' });
    }
    expect(odd.asked).toEqual([]);
  });
});

describe('several nameservers', () => {
  it.each<[string, Behaviour]>([
    ['says nothing', silence],
    ['is in trouble', (asked) => [response(asked, [], { flags: 2 })]],
    ['refuses', (asked) => [response(asked, [], { flags: 5 })]],
    ['talks nonsense', ({ id }) => [Buffer.from([id >> 8, id & 255, 0x80, 0, 0xff, 0xff, 1])]],
    ['cuts every answer off', (asked) => [response(asked, [], { flags: 0x0200 })]],
  ])('the next is asked when one %s', async (_, behaviour) => {
    const bad = await server(behaviour);
    const good = await server(three);
    expect(await resolver([bad, good]).srv(NAME)).toMatchObject({ records: THREE });
  });

  it('are asked in turn as often as said, and the last word is told', async () => {
    const silent = await server(silence);
    const broken = await server((asked) => [response(asked, [], { flags: 2 })]);
    expect(await resolver([silent, broken], { attempts: 2 }).srv(NAME)).toEqual({
      kind: 'failed',
      reason: `lookup ${NAME} on ${on(broken)}: server misbehaving`,
    });
    expect([silent.asked.length, broken.asked.length]).toEqual([2, 2]);
    expect(await resolver([silent], { attempts: 1 }).srv(NAME)).toEqual({
      kind: 'failed',
      reason: `lookup ${NAME} on ${on(silent)}: i/o timeout`,
    });
  });

  it('are not waited for when nobody is there', async () => {
    const gone = await server(three);
    const { address: where } = gone;
    await gone.stop();
    open.length = 0;
    const lookup = await resolver([], { nameservers: [where] }).srv(NAME);
    expect(lookup).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('answers that cannot be trusted', () => {
  it('to other questions are not heard, and the right one after them is', async () => {
    const odd = await server((asked) => [
      response({ ...asked, id: (asked.id + 1) % 65_536 }, [srv(NAME, 'evil.example', 6)]),
      response({ ...asked, name: 'other.example' }, [srv('other.example', 'evil.example', 6)]),
      response({ ...asked, type: 'A' }, [srv(NAME, 'evil.example', 6)]),
      Buffer.from('x'),
      ...three(asked),
    ]);
    expect(await resolver([odd]).srv(NAME)).toMatchObject({ records: THREE });
  });

  it('do not get through by their number', async () => {
    const odd = await server((asked) =>
      Array.from({ length: 150 }, () => response({ ...asked, id: asked.id ^ 1 }, [])),
    );
    const lookup = await resolver([odd], { attempts: 1 }).srv(NAME);
    expect(lookup).toMatchObject({ kind: 'failed' });
  });

  it('about names nobody asked for are left aside', async () => {
    const odd = await server((asked) => [
      response(asked, [
        srv('_other._tcp.example.com', 'evil.example', 6),
        srv(NAME, 'a.example.com', 1),
      ]),
    ]);
    expect(await resolver([odd]).srv(NAME)).toMatchObject({
      records: [{ target: 'a.example.com' }],
    });
  });

  it('that are cut, bent or made up never do more than fail', async () => {
    let seed = 42;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const odd = await server((asked) => {
      const bytes = Buffer.from(response(asked, [srv(NAME, 'a.example.com', 1), alias('x', 'y')]));
      for (let i = 0; i < 4; i++) bytes[2 + random(bytes.length - 2)] = random(256);
      return [bytes.subarray(0, 2 + random(bytes.length))];
    });
    // What is not for us is waited through; there is nothing to wait for when it has been read.
    const pastIt: Scheduler = {
      ...SCHEDULER,
      after: (_delayMs, callback) => {
        const timer = setTimeout(callback, 20);
        return () => clearTimeout(timer);
      },
    };
    const asking = resolver([odd], { attempts: 1, scheduler: pastIt });
    const kinds = new Set<string>();
    for (let i = 0; i < 300; i++) kinds.add((await asking.srv(NAME)).kind);
    expect([...kinds].every((kind) => ['found', 'missing', 'failed'].includes(kind))).toBe(true);
    expect(kinds).toContain('failed');
  });
});

describe('aliases', () => {
  it('are followed within an answer and on to the next, with the shortest life of all', async () => {
    const odd = await server((asked) =>
      asked.name === NAME
        ? [
            response(asked, [
              alias(NAME, 'one.example', 50),
              alias('one.example', 'two.example', 9),
            ]),
          ]
        : [response(asked, [srv('two.example', 'a.example.com', 1)])],
    );
    expect(await resolver([odd]).srv(NAME)).toMatchObject({
      records: [{ target: 'a.example.com', ttlSeconds: 9 }],
    });
    expect(odd.asked.map(({ name }) => name)).toEqual([NAME, 'two.example']);
  });

  it.each<[string, Behaviour]>([
    [
      'in a circle',
      (asked) => [response(asked, [alias(asked.name, `x${asked.name.length % 2}.example`)])],
    ],
    ['to themselves', (asked) => [response(asked, [alias(asked.name, asked.name)])]],
    ['for ever', (asked) => [response(asked, [alias(asked.name, `x.${asked.name}`)])]],
  ])('are not followed %s', async (_, behaviour) => {
    const odd = await server(behaviour);
    expect((await resolver([odd]).srv('a.example')).kind).not.toBe('found');
    expect(odd.asked.length).toBeLessThan(25);
  });
});

describe('a lookup of addresses', () => {
  it('finds both kinds, IPv4 first', async () => {
    const odd = await server((asked) => [
      response(
        asked,
        asked.type === 'A' ? [address('h', '10.0.0.1', 7)] : [address('h', '2001:db8::1')],
      ),
    ]);
    expect(await resolver([odd]).addresses('h')).toEqual({
      kind: 'found',
      records: [
        { address: '10.0.0.1', family: 4, ttlSeconds: 7 },
        { address: '2001:db8::1', family: 6, ttlSeconds: 60 },
      ],
    });
  });

  it('is content with one kind, even when a server fails at the other', async () => {
    const odd = await server((asked) =>
      asked.type === 'A'
        ? [response(asked, [address('h', '10.0.0.1')])]
        : [response(asked, [], { flags: 2 })],
    );
    const lookup = await resolver([odd], { attempts: 1 }).addresses('h');
    expect(lookup).toMatchObject({ records: [{ address: '10.0.0.1' }] });
  });

  it('knows addresses and the names of this machine without asking', async () => {
    const asking = resolver([]);
    expect(await asking.addresses('10.1.1.1')).toMatchObject({
      records: [{ address: '10.1.1.1' }],
    });
    expect(await asking.addresses('::1')).toMatchObject({ records: [{ family: 6 }] });
    expect(await asking.addresses('Known')).toMatchObject({
      records: [{ address: '10.9.9.9' }, { address: 'fe80::9' }],
    });
  });
});
