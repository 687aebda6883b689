import { LOG_OPTIONS } from '@etcd-ts/daemon';
import type { CommandOption, OptionSection, OptionValues } from '@etcd-ts/daemon';

export const ENV_PREFIX = 'ETCD_SRV';

const DNS_OPTIONS = [
  {
    name: 'nameserver',
    kind: 'list',
    default: '',
    placeholder: 'IP[:PORT],...',
    help: 'Nameservers to ask, in this order. Without it: those of /etc/resolv.conf.',
  },
  {
    name: 'timeout',
    kind: 'duration',
    default: '2s',
    min: 10,
    max: 60_000,
    help: 'Time a nameserver has for one answer.',
  },
  {
    name: 'attempts',
    kind: 'count',
    default: '2',
    min: 1,
    max: 10,
    help: 'Rounds over all nameservers.',
  },
] as const satisfies readonly CommandOption[];

const RESOLVE_OWN = [
  {
    name: 'name',
    kind: 'text',
    default: '',
    placeholder: 'NAME',
    help: 'Name of the member on this machine. Its record is the one that leads to --advertise-peer-urls, or else to a host of that name, or else to an address of this machine.',
  },
  {
    name: 'advertise-peer-urls',
    kind: 'list',
    default: '',
    placeholder: 'URL,...',
    help: 'Peer URLs that this member advertises.',
  },
  {
    name: 'server-name',
    kind: 'text',
    default: '',
    placeholder: 'SUFFIX',
    help: 'Suffix of the services: _etcd-server-ssl-SUFFIX (etcd: --discovery-srv-name).',
  },
  {
    name: 'format',
    kind: 'text',
    default: 'env',
    placeholder: 'FORMAT',
    help: 'env (lines for an environment file), flags (for a command line) or json (everything).',
  },
  {
    name: 'clients',
    kind: 'switch',
    default: 'false',
    help: 'Look for the client services instead, and print endpoints.',
  },
  {
    name: 'wait',
    kind: 'duration',
    default: '0s',
    max: 86_400_000,
    help: 'Try again for this long while something is missing.',
  },
] as const satisfies readonly CommandOption[];

const SERVE_OWN = [
  {
    name: 'addr',
    kind: 'text',
    default: ':8053',
    placeholder: 'HOST:PORT',
    help: 'Where to listen, for gRPC and HTTP alike; without a host on all addresses.',
  },
  {
    name: 'domain',
    kind: 'list',
    default: '',
    placeholder: 'DOMAIN,...',
    help: 'Answer for these domains only. Without it: for all.',
  },
  {
    name: 'max-ttl',
    kind: 'duration',
    default: '5m',
    max: 86_400_000,
    help: 'Ask again after this time, however long the records say they live.',
  },
] as const satisfies readonly CommandOption[];

const PUBLISH_OWN = [
  {
    name: 'domain',
    kind: 'text',
    default: '',
    placeholder: 'DOMAIN',
    help: 'The domain to answer for, such as etcd.example.com. Delegate it to this server.',
  },
  {
    name: 'endpoints',
    kind: 'list',
    default: '127.0.0.1:2379',
    placeholder: 'HOST:PORT,...',
    help: 'Members of the cluster, at least one; the others are found through it.',
  },
  {
    name: 'server-name',
    kind: 'text',
    default: '',
    placeholder: 'SUFFIX',
    help: 'Suffix of the services: _etcd-server-ssl-SUFFIX.',
  },
  {
    name: 'addr',
    kind: 'text',
    default: '127.0.0.1:53',
    placeholder: 'IP:PORT',
    help: 'Where to answer DNS, over UDP and TCP.',
  },
  {
    name: 'http-addr',
    kind: 'text',
    default: '127.0.0.1:8054',
    placeholder: 'HOST:PORT',
    help: 'Where /health and /metrics are.',
  },
  {
    name: 'interval',
    kind: 'duration',
    default: '5s',
    min: 100,
    max: 3_600_000,
    help: 'Time between two looks at the members and their health.',
  },
  {
    name: 'ttl',
    kind: 'duration',
    default: '5s',
    min: 1000,
    max: 86_400_000,
    help: 'For how long an answer may be kept.',
  },
  {
    name: 'cacert',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'CA that verifies the members; switches TLS on.',
  },
  {
    name: 'cert',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'Client certificate for the members.',
  },
  {
    name: 'key',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'Key of that certificate.',
  },
  { name: 'user', kind: 'text', default: '', placeholder: 'NAME', help: 'User at the cluster.' },
  {
    name: 'password',
    kind: 'text',
    default: '',
    placeholder: 'TEXT',
    help: 'Password of that user; better given in the environment.',
  },
] as const satisfies readonly CommandOption[];

export const RESOLVE_OPTIONS = [...RESOLVE_OWN, ...DNS_OPTIONS] as const;
export const SERVE_OPTIONS = [...SERVE_OWN, ...DNS_OPTIONS, ...LOG_OPTIONS] as const;
export const PUBLISH_OPTIONS = [...PUBLISH_OWN, ...DNS_OPTIONS, ...LOG_OPTIONS] as const;

export type ResolveOptions = OptionValues<typeof RESOLVE_OPTIONS>;
export type ServeOptions = OptionValues<typeof SERVE_OPTIONS>;
export type PublishOptions = OptionValues<typeof PUBLISH_OPTIONS>;

export const OPTION_SECTIONS: readonly OptionSection[] = [
  { title: 'etcd-srv DOMAIN', options: RESOLVE_OWN },
  { title: 'etcd-srv serve', options: SERVE_OWN },
  { title: 'etcd-srv publish', options: PUBLISH_OWN },
  { title: 'All of them', options: DNS_OPTIONS },
  { title: 'serve and publish', options: LOG_OPTIONS },
];
