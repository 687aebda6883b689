import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@etcd-ts/testkit';
import { parse } from 'yaml';

const DOCKER = join(workspaceRoot(), 'docker');
const COMPOSE = join(DOCKER, 'compose');
const read = (...path: readonly string[]): string => readFileSync(join(DOCKER, ...path), 'utf8');

interface Service {
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly target: string;
  };
  readonly image?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly depends_on?:
    readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
}
interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly networks?: Readonly<Record<string, unknown>>;
}

const TARGETS = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gmu)].map(([, name]) => name);
/** Where the members are that it scrapes. */
const ON_TOP_OF: Readonly<Record<string, string>> = { 'monitoring.yml': 'static.yml' };

/** What a container engine would complain about, or would do otherwise than was meant. */
function complaints(name: string): readonly string[] {
  const file = parse(read('compose', name), { merge: true }) as ComposeFile;
  const { services, volumes = {}, networks = {} } = file;
  const found: string[] = [];
  const hostPorts = new Set<string>();
  const need = (holds: boolean, complaint: string): void => {
    if (!holds) found.push(`${name}: ${complaint}`);
  };
  for (const [service, setup] of Object.entries(services)) {
    const { build, image, ports = [], volumes: mounts = [], depends_on: needed = {} } = setup;
    need(
      build !== undefined || /:[\d.v]+$/u.test(image ?? ''),
      `${service} has no image of one version`,
    );
    if (build !== undefined) {
      need(TARGETS.includes(build.target), `${service} has no target ${build.target}`);
      need(
        existsSync(join(COMPOSE, build.context, build.dockerfile)),
        `${service} has no Dockerfile`,
      );
    }
    for (const port of ports) {
      const [host = '', inside = ''] = port.split(':');
      need(/^\d+$/u.test(host) && /^\d+$/u.test(inside), `${service} has no port ${port}`);
      need(!hostPorts.has(host), `two have port ${host}`);
      hostPorts.add(host);
    }
    for (const mount of mounts) {
      const [from = ''] = mount.split(':');
      const isThere = from.startsWith('.') ? existsSync(join(COMPOSE, from)) : from in volumes;
      need(isThere, `${service} has no volume ${from}`);
    }
    for (const network of Object.keys(setup.networks ?? {})) {
      need(network in networks, `${service} has no network ${network}`);
    }
    const names = Array.isArray(needed) ? needed : Object.keys(needed);
    for (const other of names) need(other in services, `${service} waits for nobody: ${other}`);
  }
  const mounted = Object.values(services).flatMap((setup) => setup.volumes ?? []);
  for (const volume of Object.keys(volumes)) {
    need(
      mounted.some((mount) => mount.startsWith(`${volume}:`)),
      `nobody has volume ${volume}`,
    );
  }
  return found;
}

it.each(readdirSync(COMPOSE))('%s names only what is there', (name) => {
  expect(complaints(name)).toEqual([]);
});

it('every file that stands on another has no port of it', () => {
  const portsOf = (name: string): readonly string[] => {
    const { services } = parse(read('compose', name), { merge: true }) as ComposeFile;
    return Object.values(services).flatMap(({ ports = [] }) =>
      ports.map((port) => port.split(':')[0] ?? ''),
    );
  };
  for (const [upper, lower] of Object.entries(ON_TOP_OF)) {
    const both = [...portsOf(upper), ...portsOf(lower)];
    expect(new Set(both).size).toBe(both.length);
  }
});

it('the images have every program of this repository', () => {
  const dockerfile = read('Dockerfile');
  const built = /tools\/build\/main\.mjs ([a-z -]+) &&/u.exec(dockerfile)?.[1]?.split(' ') ?? [];
  const apps = readdirSync(join(workspaceRoot(), 'apps')).sort();
  expect([...built].sort()).toEqual(apps);
  const copied = [...dockerfile.matchAll(/^COPY --from=build \/src\/dist\/apps\/(\S+) /gmu)];
  expect(copied.map(([, app]) => app).sort()).toEqual(apps);
});
