import type { ServiceEndpoint, ServiceLookup } from './service-lookup.js';

/** A peer URL of this member, and where it leads. */
export interface OwnUrl {
  readonly text: string;
  readonly scheme: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

/** What one service contributes to the initial cluster. */
export interface SrvContribution {
  /** `name=scheme://host:port` */
  readonly parts: readonly string[];
  /** In etcd's words; undefined when the service contributes something. */
  readonly error: string | undefined;
}

const urlHost = ({ host, port }: ServiceEndpoint): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The record is about this member when it leads to the same port of the same machine. */
const isSame = (own: OwnUrl, { port, addresses }: ServiceEndpoint): boolean =>
  own.port === port && own.addresses.some((address) => addresses.includes(address));

/**
 * The rules of etcd 3.7: the record that leads to our own advertised URL gets our name, the others
 * get numbers from 0 (anew for each service; names of others matter to nobody). A target without an
 * address is passed over, and so is our own under the wrong scheme: one cluster may be listed under
 * both, and is taken under the one that its members advertise.
 */
export function contributionOf(
  lookup: ServiceLookup,
  name: string,
  ownUrls: readonly OwnUrl[],
): SrvContribution {
  const { scheme, endpoints, status } = lookup;
  const service = lookup.name.replace(/\._tcp\..*$/u, '');
  const failed = (reason: string): SrvContribution => ({
    parts: [],
    error: `error querying DNS SRV records for ${service} ${reason}`,
  });
  if (status !== 'found') return failed(lookup.reason);
  const parts: string[] = [];
  let problem = '';
  let others = 0;
  for (const endpoint of endpoints) {
    if (endpoint.addresses.length === 0) {
      problem = endpoint.problem;
      continue;
    }
    const own = ownUrls.find((url) => isSame(url, endpoint));
    const url = `${scheme}://${urlHost(endpoint)}`;
    if (own !== undefined && own.scheme !== scheme) {
      problem = `bootstrap at ${url} from DNS for ${service.slice(1)} has scheme mismatch with expected peer ${own.text}`;
    } else {
      parts.push(`${own === undefined ? others++ : name}=${url}`);
    }
  }
  return parts.length > 0 ? { parts, error: undefined } : failed(problem);
}
