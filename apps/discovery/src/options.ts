import { LOG_OPTIONS } from '@etcd-ts/daemon';
import type { CommandOption, OptionSection, OptionValues } from '@etcd-ts/daemon';

export const ENV_PREFIX = 'DISC';

const SERVICE_OPTIONS = [
  {
    name: 'addr',
    kind: 'text',
    default: ':8087',
    placeholder: 'HOST:PORT',
    help: 'Where to listen; without a host on all addresses.',
  },
  {
    name: 'host',
    kind: 'text',
    default: '',
    placeholder: 'URL',
    help: 'Public URL of this service, which token URLs start with. Without it: as each caller reached it.',
  },
  {
    name: 'cert-file',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'Certificate to serve HTTPS with; needs --key-file.',
  },
  {
    name: 'key-file',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'Key of that certificate.',
  },
] as const satisfies readonly CommandOption[];

const STORAGE_OPTIONS = [
  {
    name: 'data-dir',
    kind: 'text',
    default: 'default.discovery',
    placeholder: 'DIR',
    help: 'Directory of the embedded storage.',
  },
  {
    name: 'endpoints',
    kind: 'list',
    default: '',
    placeholder: 'HOST:PORT,...',
    help: 'Keep the tokens in this etcd cluster instead, under /_etcd/registry; several instances may share it.',
  },
  {
    name: 'etcd-cacert',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'CA that verifies that cluster; switches TLS on.',
  },
  {
    name: 'etcd-cert',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'Client certificate for that cluster.',
  },
  {
    name: 'etcd-key',
    kind: 'text',
    default: '',
    placeholder: 'FILE',
    help: 'Key of that certificate.',
  },
  {
    name: 'etcd-user',
    kind: 'text',
    default: '',
    placeholder: 'NAME',
    help: 'User at that cluster.',
  },
  {
    name: 'etcd-password',
    kind: 'text',
    default: '',
    placeholder: 'TEXT',
    help: 'Password of that user; better given in the environment.',
  },
  {
    name: 'ttl',
    kind: 'duration',
    default: '168h',
    min: 60_000,
    max: 10 * 365 * 86_400_000,
    help: 'Life of a token. A cluster that has started needs it no more.',
  },
  {
    name: 'collect-interval',
    kind: 'duration',
    default: '5m',
    min: 1000,
    max: 86_400_000,
    help: 'Time between two removals of expired tokens.',
  },
] as const satisfies readonly CommandOption[];

const V3_OPTIONS = [
  {
    name: 'v3-endpoints',
    kind: 'list',
    default: '',
    placeholder: 'HOST:PORT,...',
    help: 'What members are told as --discovery-endpoints: where they reach the cluster of --endpoints, if not there.',
  },
] as const satisfies readonly CommandOption[];

const LIMIT_OPTIONS = [
  {
    name: 'max-size',
    kind: 'count',
    default: '99',
    min: 1,
    max: 1000,
    help: 'Members a new cluster may have at most.',
  },
  {
    name: 'max-tokens',
    kind: 'count',
    default: '1000000',
    min: 1,
    help: 'Tokens kept at most by the embedded storage.',
  },
  {
    name: 'max-storage-mib',
    kind: 'count',
    default: '1024',
    min: 1,
    help: 'MiB the embedded storage may have; when it has them, nothing new until tokens expire.',
  },
  {
    name: 'max-polls',
    kind: 'count',
    default: '10000',
    min: 1,
    max: 1_000_000,
    help: 'Members that may wait for others at a time.',
  },
  {
    name: 'max-polls-per-token',
    kind: 'count',
    default: '1100',
    min: 1,
    help: 'The same for one token.',
  },
  {
    name: 'new-per-minute',
    kind: 'count',
    default: '60',
    help: 'Tokens one address may ask for; 0: any number.',
  },
  {
    name: 'requests-per-minute',
    kind: 'count',
    default: '6000',
    help: 'All other requests of one address; 0: any number.',
  },
  {
    name: 'trusted-proxies',
    kind: 'count',
    default: '0',
    max: 10,
    help: 'Proxies in front of this service; the address of a caller is then taken from X-Forwarded-For.',
  },
] as const satisfies readonly CommandOption[];

export const OPTIONS = [
  ...SERVICE_OPTIONS,
  ...STORAGE_OPTIONS,
  ...V3_OPTIONS,
  ...LIMIT_OPTIONS,
  ...LOG_OPTIONS,
] as const;

export const OPTION_SECTIONS: readonly OptionSection[] = [
  { title: 'Service', options: SERVICE_OPTIONS },
  { title: 'Storage', options: STORAGE_OPTIONS },
  { title: 'v3 discovery', options: V3_OPTIONS },
  { title: 'Limits', options: LIMIT_OPTIONS },
  { title: 'Log', options: LOG_OPTIONS },
];

export type DiscoveryOptions = OptionValues<typeof OPTIONS>;

/** What is wrong with options that are right each by itself. */
export function complaintAbout(options: DiscoveryOptions): string | undefined {
  if ((options['cert-file'] === '') !== (options['key-file'] === '')) {
    return '--cert-file and --key-file go together';
  }
  if (options['v3-endpoints'].length > 0 && options.endpoints.length === 0) {
    return '--v3-endpoints is of no use without --endpoints: the embedded storage speaks no v3';
  }
  const { host } = options;
  if (host !== '' && !isOrigin(host)) {
    return `--host must be a URL without path, query or fragment, such as https://discovery.example.com: ${host}`;
  }
  return undefined;
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return /^https?:$/u.test(protocol) && (text === origin || text === `${origin}/`);
}
