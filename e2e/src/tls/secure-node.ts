import { EtcdProcess, freePort, type Flavour } from '@etcd-ts/testkit';

export interface SecureNodeSetup {
  readonly flavour?: Flavour;
  /** Beside https://127.0.0.1:PORT. */
  readonly moreClientUrls?: readonly string[];
  readonly flags: readonly string[];
  readonly dataDir?: string;
}

/** A member alone, whose clients come over https. */
export async function launchSecureNode(setup: SecureNodeSetup): Promise<EtcdProcess> {
  const clientPort = await freePort();
  const peerPort = await freePort();
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const url = `https://127.0.0.1:${clientPort}`;
  const { flavour = 'ours', moreClientUrls = [], flags, dataDir } = setup;
  // A command line of its own replaces the data directory as well, which is named in the flags.
  return EtcdProcess.launch({
    flavour,
    clientPort,
    peerPort,
    ...(dataDir === undefined ? {} : { dataDir }),
    flags: [
      ...['--listen-client-urls', [url, ...moreClientUrls].join(',')],
      ...['--advertise-client-urls', url],
      ...['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`],
      ...flags,
    ],
  });
}

export async function startSecureNode(setup: SecureNodeSetup): Promise<EtcdProcess> {
  const node = await launchSecureNode(setup);
  try {
    await node.ready();
  } catch (error) {
    await node.dispose();
    throw error;
  }
  return node;
}

/** The fields of each log line with that message. */
export function logged(log: string, message: string): readonly Readonly<Record<string, unknown>>[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(message))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter(({ msg }) => msg === message);
}
