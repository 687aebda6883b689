import { parseConfiguration, parseEndpointUrl } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { must } from '@etcd-ts/foundation';

const BUILD = {
  apiVersion: '3.7.1',
  version: 'simulated',
  commit: 'simulated',
  nodeVersion: 'simulated',
  os: 'linux',
  arch: 'amd64',
};

export interface MemberSettings {
  readonly name: string;
  readonly url: string;
  /** `name=url,...`, itself included. */
  readonly initialCluster: string;
  readonly state: 'new' | 'existing';
  readonly snapshotCount: number;
  readonly snapshotCatchupEntries: number;
  /** Of the log's files. */
  readonly segmentBytes: number;
  /** Whatever else is not as the command line has it by default. */
  readonly overrides: Partial<ServerConfig>;
}

/** The defaults of the command line, and what a simulation says otherwise. */
export function memberConfiguration(settings: MemberSettings): ServerConfig {
  const { name, initialCluster, state, snapshotCount, snapshotCatchupEntries } = settings;
  const parsed = parseEndpointUrl(settings.url);
  const url = must(parsed.kind === 'ok' ? parsed.value : undefined, 'a URL');
  return {
    ...defaults(),
    name,
    dataDir: '/data',
    initialAdvertisePeerUrls: [url],
    initialCluster,
    initialClusterState: state,
    snapshotCount,
    snapshotCatchupEntries,
    ...settings.overrides,
  };
}

function defaults(): ServerConfig {
  const outcome = parseConfiguration({
    argv: ['--data-dir', '/data'],
    env: {},
    readFile: () => '',
    build: BUILD,
    defaultHost: undefined,
  });
  if (outcome.kind !== 'run') throw new Error(`no configuration: ${outcome.kind}`);
  return outcome.config;
}
