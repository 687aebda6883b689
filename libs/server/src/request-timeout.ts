import type { ServerConfig } from '@etcd-ts/config';

/** etcd's: five seconds for the disk and the network, and two elections. */
export function requestTimeoutMs(config: Pick<ServerConfig, 'electionTimeoutMs'>): number {
  return 5000 + 2 * config.electionTimeoutMs;
}
