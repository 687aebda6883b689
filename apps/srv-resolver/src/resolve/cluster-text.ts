import type { ServiceLookup } from '@etcd-ts/bootstrap';
import type { FoundCluster } from './found-cluster.js';

export type OutputFormat = 'env' | 'flags' | 'json';

export const isOutputFormat = (text: string): text is OutputFormat =>
  ['env', 'flags', 'json'].includes(text);

/** What goes to standard output, with a line feed at its end. */
export function clusterText(
  format: OutputFormat,
  cluster: FoundCluster,
  lookups: readonly ServiceLookup[],
): string {
  const initialCluster = cluster.members.map(({ name, url }) => `${name}=${url}`).join(',');
  switch (format) {
    case 'env':
      return `ETCD_INITIAL_CLUSTER=${initialCluster}\n`;
    case 'flags':
      return `--initial-cluster=${initialCluster}\n`;
    case 'json':
      return json({ initialCluster, ...cluster, services: lookups });
  }
}

/** The same for clients, which have endpoints and no names. */
export function endpointsText(
  format: OutputFormat,
  cluster: FoundCluster,
  lookups: readonly ServiceLookup[],
): string {
  const urls = cluster.members.map(({ url }) => url);
  switch (format) {
    case 'env':
      return `ETCDCTL_ENDPOINTS=${urls.join(',')}\n`;
    case 'flags':
      return `--endpoints=${urls.join(',')}\n`;
    case 'json':
      return json({ endpoints: urls, missing: cluster.missing, services: lookups });
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
