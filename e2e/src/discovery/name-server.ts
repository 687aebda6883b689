import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BackgroundCommand,
  createScratchDirectory,
  eventually,
  isInstalled,
  removeScratchDirectory,
} from '@etcd-ts/testkit';

/** Of the loopback network, so that nobody's own nameserver is in the way; resolv.conf has no ports. */
const ADDRESS = '127.53.0.1';
const PORT = 53;

export const DOMAIN = 'etcd.test';

/** A service and its targets, "host:port". */
export type Services = Readonly<Record<string, readonly string[]>>;

/** dnsmasq, on loopback, with records of its own and nobody else to ask. */
export class NameServer {
  readonly address = `${ADDRESS}:${PORT}`;
  readonly #directory = createScratchDirectory('dns');
  readonly #command: BackgroundCommand;

  /** Every host of the domain is this machine. */
  static async start(services: Services): Promise<NameServer> {
    const server = new NameServer(services);
    await eventually(`dnsmasq is ready: ${server.#command.stderr}`, () =>
      /started, version/u.test(server.#command.stderr) ? true : undefined,
    );
    return server;
  }

  private constructor(services: Services) {
    const records = Object.entries(services).flatMap(([service, targets]) =>
      targets.map((target) => `srv-host=${service}._tcp.${DOMAIN},${target.replace(':', ',')}`),
    );
    const settings = [
      ...['no-resolv', 'no-hosts', 'bind-interfaces', 'user=root', 'pid-file=', 'local-ttl=60'],
      ...[`listen-address=${ADDRESS}`, `port=${PORT}`, 'log-facility=-'],
      ...[`address=/.${DOMAIN}/127.0.0.1`, `local=/${DOMAIN}/`],
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

/** Both need root; dnsmasq is a package of its own. Where they are missing, these tests are skipped. */
export const describeWithDns =
  isInstalled('unshare', '--mount', 'true') && isInstalled('dnsmasq') ? describe : describe.skip;
