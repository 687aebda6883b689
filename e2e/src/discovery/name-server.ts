import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BackgroundCommand,
  createScratchDirectory,
  eventually,
  isInstalled,
  removeScratchDirectory,
} from '@etcd-ts/testkit';

/** resolv.conf has no ports. */
const PORT = 53;
const ID_BITS = 15;

/**
 * An address of the loopback network that no nameserver of another process is at: neither this
 * machine's own one, nor that of a spec file that runs beside this one.
 */
export function ownAddress(network: 53 | 54): string {
  const id = process.pid % 2 ** ID_BITS;
  return `127.${network}.${128 + (id >> 8)}.${id & 0xff}`;
}

export const DOMAIN = 'etcd.test';

/** A service and its targets, "host:port". */
export type Services = Readonly<Record<string, readonly string[]>>;

export interface Hosts {
  readonly domain: string;
  /** Of hosts of the domain, by their whole names; all others are this machine. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** dnsmasq, on loopback, with records of its own and nobody else to ask. */
export class NameServer {
  readonly host = ownAddress(53);
  readonly address = `${this.host}:${PORT}`;
  readonly #directory = createScratchDirectory('dns');
  readonly #command: BackgroundCommand;

  static async start(
    services: Services,
    hosts: Hosts = { domain: DOMAIN, addresses: {} },
  ): Promise<NameServer> {
    const server = new NameServer(services, hosts);
    await eventually('dnsmasq is ready', () =>
      /started, version/u.test(server.#command.stderr) ? true : undefined,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${server.#command.stderr}`, { cause: error });
    });
    return server;
  }

  private constructor(services: Services, { domain, addresses }: Hosts) {
    const records = Object.entries(services).flatMap(([service, targets]) =>
      targets.map((target) => `srv-host=${service}._tcp.${domain},${target.replace(':', ',')}`),
    );
    const settings = [
      ...['no-resolv', 'no-hosts', 'bind-interfaces', 'user=root', 'pid-file=', 'local-ttl=60'],
      ...[`listen-address=${this.host}`, `port=${PORT}`, 'log-facility=-'],
      ...[`address=/.${domain}/127.0.0.1`, `local=/${domain}/`],
      ...Object.entries(addresses).map(([host, address]) => `host-record=${host},${address}`),
      'host-record=localhost,127.0.0.1',
      ...records,
    ];
    const file = join(this.#directory, 'dnsmasq.conf');
    writeFileSync(file, `${settings.join('\n')}\n`);
    this.#command = new BackgroundCommand('dnsmasq', [
      '--keep-in-foreground',
      `--conf-file=${file}`,
    ]);
  }

  async stop(): Promise<void> {
    await this.#command.stop('SIGTERM');
  }

  async dispose(): Promise<void> {
    await this.stop();
    removeScratchDirectory(this.#directory);
  }
}

/** Runs a program with a resolv.conf of its own: the libraries that read it take no other. */
export function withNameserver(directory: string, address: string): readonly string[] {
  const file = join(directory, 'resolv.conf');
  writeFileSync(file, `nameserver ${address}\n`);
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, file];
}

/** Both need root; dnsmasq is a package of its own. */
export const servesNames = isInstalled('unshare', '--mount', 'true') && isInstalled('dnsmasq');

/** Where they are missing, these tests are skipped. */
export const describeWithDns = servesNames ? describe : describe.skip;
