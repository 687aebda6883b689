import type { OptionDescriptor, OptionSection, ValueByKind } from './option.js';
import { CLUSTERING_OPTIONS } from './options/clustering.js';
import { MEMBER_OPTIONS } from './options/member.js';
import { OBSERVATION_OPTIONS } from './options/observation.js';
import { SECURITY_OPTIONS } from './options/security.js';
import { UPKEEP_OPTIONS } from './options/upkeep.js';

/** Every option of the server, once. Flags, environment, file, help and checks all come from here. */
const SCHEMA = [
  ...MEMBER_OPTIONS,
  ...CLUSTERING_OPTIONS,
  ...SECURITY_OPTIONS,
  ...OBSERVATION_OPTIONS,
  ...UPKEEP_OPTIONS,
] as const;

type SchemaEntry = (typeof SCHEMA)[number];
export type OptionName = SchemaEntry['name'];

/** One value for each option, typed by its kind. */
export type OptionValues = {
  readonly [Entry in SchemaEntry as Entry['name']]: ValueByKind[Entry['kind']];
};

export type Option = OptionDescriptor & { readonly name: OptionName };

export const OPTIONS: readonly Option[] = SCHEMA;

/** Those that the command line and the environment have. */
export const FLAGS: readonly Option[] = OPTIONS.filter(({ fileOnly }) => fileOnly !== true);

/** In the order of --help. */
export const SECTIONS: readonly OptionSection[] = [
  'Member',
  'Clustering',
  'Security',
  'Auth',
  'Profiling and Monitoring',
  'Logging',
  'Distributed tracing',
  'Features',
  'Maintenance',
  'Unsafe feature',
  'Earlier releases',
];

/** Flags of etcd 0.x and 2.x that unit files still carry: accepted, warned about, without effect. */
export const IGNORED_FLAGS: ReadonlySet<string> = new Set([
  'cluster-active-size',
  'cluster-remove-delay',
  'cluster-sync-interval',
  'config',
  'force',
  'max-result-buffer',
  'max-retry-attempts',
  'peer-heartbeat-interval',
  'peer-election-timeout',
  'retry-interval',
  'snapshot',
  'v',
  'vv',
  'test.coverprofile',
  'test.outputdir',
]);

const BY_NAME: ReadonlyMap<string, Option> = new Map(
  FLAGS.flatMap((option) => [
    [option.name, option] as const,
    ...(option.formerName === undefined ? [] : [[option.formerName, option] as const]),
  ]),
);

/** By today's name or by the name in an earlier release. */
export const findOption = (name: string): Option | undefined => BY_NAME.get(name);

export const environmentName = (flag: string): string =>
  `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`;
