import { must } from '@etcd-ts/foundation';
import { parseEndpointUrl } from './endpoint-url.js';
import type { EndpointUrl } from './endpoint-url.js';
import { info } from './notice.js';
import type { ConfigNotice } from './notice.js';
import type { OptionValues } from './option-schema.js';
import type { GivenValues } from './option-value.js';

export const DEFAULT_NAME = 'default';
const ANY_IPV4 = '0.0.0.0';
const DEFAULT_PEER_URL = 'http://localhost:2380';
const DEFAULT_CLIENT_URL = 'http://localhost:2379';
const DEFAULT_CLUSTER = `${DEFAULT_NAME}=${DEFAULT_PEER_URL}`;

/** `name=url,name=url`: a cluster of this one member. */
export const clusterOfOne = (name: string, peerUrls: readonly EndpointUrl[]): string =>
  peerUrls.map((url) => `${name === '' ? DEFAULT_NAME : name}=${url.text}`).join(',');

/** With a discovery the default cluster is no answer to "which members", so it goes. */
export function withoutDefaultCluster(values: OptionValues, given: GivenValues): OptionValues {
  const discovers =
    values['discovery'] !== '' ||
    values['discovery-srv'] !== '' ||
    values['discovery-endpoints'].length > 0;
  if (!discovers || given.has('initial-cluster')) return values;
  return { ...values, 'initial-cluster': '' };
}

/**
 * Fills in what follows from other options: a member that listens everywhere and says nothing of
 * what to advertise advertises the host's address, and one that only has a name founds a cluster
 * of that name. Everything else keeps its default, even where that cannot work: the original
 * complains about it, and so do we.
 */
export function withDerivedAddresses(
  values: OptionValues,
  defaultHost: string | undefined,
): { readonly values: OptionValues; readonly notices: readonly ConfigNotice[] } {
  const listenPeer = values['listen-peer-urls'][0];
  const listenClient = values['listen-client-urls'][0];
  const peerUrls = advertised(
    values['initial-advertise-peer-urls'],
    DEFAULT_PEER_URL,
    listenPeer,
    defaultHost,
  );
  const clientUrls = advertised(
    values['advertise-client-urls'],
    DEFAULT_CLIENT_URL,
    listenClient,
    defaultHost,
  );
  const keepsDefaultCluster =
    values['name'] === DEFAULT_NAME || values['initial-cluster'] !== DEFAULT_CLUSTER;
  const derived = {
    ...values,
    'initial-advertise-peer-urls': peerUrls,
    'advertise-client-urls': clientUrls,
    'initial-cluster': keepsDefaultCluster
      ? values['initial-cluster']
      : clusterOfOne(values['name'], peerUrls),
  };
  const usesHost =
    peerUrls !== values['initial-advertise-peer-urls'] ||
    clientUrls !== values['advertise-client-urls'];
  const notices = usesHost
    ? [info('detected default host for advertise', { host: defaultHost })]
    : [];
  return { values: derived, notices };
}

function advertised(
  urls: readonly EndpointUrl[],
  defaultUrl: string,
  listen: EndpointUrl | undefined,
  defaultHost: string | undefined,
): readonly EndpointUrl[] {
  const isUnset = urls.length === 1 && urls[0]?.text === defaultUrl;
  if (!isUnset || listen?.hostname !== ANY_IPV4 || defaultHost === undefined) return urls;
  const host = defaultHost.includes(':') ? `[${defaultHost}]` : defaultHost;
  const outcome = parseEndpointUrl(`${listen.scheme}://${host}:${listen.port}`);
  return [must(outcome.kind === 'ok' ? outcome.value : undefined, 'a host makes an address')];
}
