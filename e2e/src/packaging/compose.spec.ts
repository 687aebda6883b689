import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BackgroundCommand,
  createScratchDirectory,
  etcdctl,
  eventually,
  freePort,
  removeScratchDirectory,
  runCommand,
  serverCommand,
  workspaceRoot,
} from '@etcd-ts/testkit';
import { parse } from 'yaml';
import { describeWithDns, NameServer, withNameserver } from '../discovery/name-server.js';

interface Service {
  readonly command: readonly string[];
  readonly networks?: { readonly etcd: { readonly ipv4_address: string } };
}

const DOCKER = join(workspaceRoot(), 'docker');
const read = (...path: readonly string[]): string => readFileSync(join(DOCKER, ...path), 'utf8');
const services = (file: string): ReadonlyMap<string, Service> => {
  const { services: all } = parse(read('compose', file), { merge: true }) as {
    services: Record<string, Service>;
  };
  return new Map(Object.entries(all));
};

/** Each container gets an address of the loopback network in place of one of its own. */
const ADDRESSES: Readonly<Record<string, string>> = {
  etcd: '127.60.0.9',
  etcd1: '127.60.0.1',
  etcd2: '127.60.0.2',
  etcd3: '127.60.0.3',
  discovery: '127.60.0.8',
};

function onThisMachine(name: string, { command }: Service): readonly string[] {
  return command.map((argument) =>
    argument
      .replaceAll('0.0.0.0', ADDRESSES[name] ?? '')
      .replaceAll('localhost', ADDRESSES[name] ?? '')
      .replaceAll(/(?<=\/\/)[a-z0-9]+(?=:)/gu, (host) => ADDRESSES[host] ?? host),
  );
}

let directory: string;
const running: BackgroundCommand[] = [];
beforeEach(() => (directory = createScratchDirectory('compose')));
afterEach(async () => {
  await Promise.all(running.splice(0).map((command) => command.stop('SIGKILL')));
  removeScratchDirectory(directory);
});

function run(file: string, args: readonly string[], env: Record<string, string> = {}): void {
  running.push(new BackgroundCommand(file, args, { env }));
}

const isHealthy = async (url: string): Promise<true | undefined> => {
  const check = await runCommand(process.execPath, [join(DOCKER, 'health-check.mjs'), url]);
  return check.exitCode === 0 ? true : undefined;
};

async function startMembers(
  members: ReadonlyMap<string, Service>,
  change = (argument: string): string => argument,
  wrapper: readonly string[] = [],
): Promise<void> {
  for (const [name, service] of members) {
    const args = onThisMachine(name, service).map(change);
    const [program = '', ...rest] = [...wrapper, serverCommand('ours'), ...args];
    run(program, rest, { ETCD_DATA_DIR: join(directory, name) });
  }
  for (const name of members.keys()) {
    const url = `http://${ADDRESSES[name] ?? ''}:2379/readyz`;
    await eventually(`${name} is healthy`, () => isHealthy(url)).catch((error: unknown) => {
      const logs = running.map(({ stderr }) => stderr.slice(-2000)).join('\n---\n');
      throw new Error(`${String(error)}\n${logs}`, { cause: error });
    });
  }
}

const memberCount = async (endpoint: string): Promise<number> => {
  const { stdout } = await etcdctl(endpoint, ['member', 'list']);
  return stdout.split('\n').filter((line) => line.includes('started')).length;
};

describe('what the compose files start', () => {
  it('is one node, and the health check of the image tells that it is there', async () => {
    expect(await isHealthy('http://127.60.0.9:2379/readyz')).toBeUndefined();
    await startMembers(services('single.yml'));
  });

  it('is three members that know each other', async () => {
    await startMembers(services('static.yml'));
    expect(await memberCount('127.60.0.2:2379')).toBe(3);
  });

  it('is three members that meet at a discovery service', async () => {
    const all = services('discovery.yml');
    const discovery = all.get('discovery');
    if (discovery === undefined) throw new Error('no discovery service');
    // A spec file that runs beside this one may have 8087 on all addresses.
    const host = `${ADDRESSES['discovery'] ?? ''}:${await freePort()}`;
    const origin = `http://${host}`;
    const args = onThisMachine('discovery', discovery).map((argument) =>
      argument.replace(/(?<=\/\/).*:8087/u, host),
    );
    run(join(workspaceRoot(), 'bin', 'etcd-discovery'), [...args, `--addr=${host}`], {
      DISC_DATA_DIR: join(directory, 'discovery'),
    });
    await eventually('the service is healthy', () => isHealthy(`${origin}/health`));
    const token = await (await fetch(`${origin}/new?size=3`)).text();
    const members = new Map([...all].filter(([name]) => name !== 'discovery'));
    await startMembers(members, (argument) => argument.replace(/\$\{DISCOVERY_URL.*\}/u, token));
    expect(await memberCount('127.60.0.3:2379')).toBe(3);
  });
});

describeWithDns('what the compose file for DNS starts', () => {
  it('is three members that find the records of its zone', async () => {
    const zone = read('coredns', 'etcd.example.zone');
    const records = [...zone.matchAll(/^(_\S+)\._tcp SRV 0 0 (\d+) (\S+)$/gmu)];
    const found: Record<string, string[]> = {};
    for (const [, service = '', port = '', host = ''] of records) {
      (found[service] ??= []).push(`${host}.etcd.example:${port}`);
    }
    const members = new Map([...services('srv.yml')].filter(([name]) => name.startsWith('etcd')));
    const addresses = Object.fromEntries(
      [...members.keys()].map((name) => [`${name}.etcd.example`, ADDRESSES[name] ?? '']),
    );
    const dns = await NameServer.start(found, { domain: 'etcd.example', addresses });
    try {
      const wrapper = withNameserver(directory, dns.host);
      await startMembers(members, (argument) => argument, wrapper);
      expect(await memberCount('127.60.0.1:2379')).toBe(3);
    } finally {
      await dns.dispose();
    }
  });
});

describe('the zone for the members that look in DNS', () => {
  it('has a record for each member, at the address that its container has', () => {
    const zone = read('coredns', 'etcd.example.zone');
    const members = [...services('srv.yml')].filter(([name]) => name.startsWith('etcd'));
    expect(members).toHaveLength(3);
    for (const [name, { command, networks }] of members) {
      expect(zone).toMatch(new RegExp(`^_etcd-server\\._tcp SRV 0 0 2380 ${name}$`, 'mu'));
      expect(zone).toContain(`\n${name} A ${networks?.etcd.ipv4_address ?? '-'}\n`);
      expect(command).toContain('--discovery-srv=etcd.example');
      expect(command).toContain(`--initial-advertise-peer-urls=http://${name}.etcd.example:2380`);
    }
  });
});

describe('the image', () => {
  it('starts each program as its user would, and no shell around it', () => {
    const dockerfile = read('Dockerfile');
    for (const line of dockerfile.matchAll(/^(?:ENTRYPOINT|CMD) (.*)$/gmu)) {
      expect(JSON.parse(line[1] ?? '')).toBeInstanceOf(Array);
    }
    const targets = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gmu)].map(([, name]) => name);
    expect(targets).toEqual(['build', 'base', 'discovery', 'srv-resolver', 'etcd']);
    // Whatever a stage does as root, it ends as somebody else.
    for (const stage of dockerfile.split(/^FROM /gmu).slice(2)) {
      const users = [...stage.matchAll(/^USER (\S+)$/gmu)].map(([, user]) => user);
      expect(users.at(-1) ?? 'node').toBe('node');
    }
  });
});
