import { parseConfiguration } from '../parse-configuration.js';
import type { Configuration } from '../parse-configuration.js';
import type { ServerConfig } from '../server-config.js';

const BUILD = {
  apiVersion: '3.7.1',
  version: '0.1.0',
  commit: 'abc1234',
  nodeVersion: 'v20.0.0',
  os: 'linux',
  arch: 'amd64',
};

export interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly defaultHost?: string;
}

export function parse({ argv = [], env = {}, file, defaultHost }: Given): Configuration {
  return parseConfiguration({
    argv: file === undefined ? argv : [...argv, '--config-file', '/etc/etcd.yml'],
    env,
    readFile: (path) => {
      if (path === '/etc/etcd.yml' && file !== undefined) return file;
      throw new Error(`open ${path}: no such file or directory`);
    },
    build: BUILD,
    defaultHost,
  });
}

export const flags = (...argv: string[]): Configuration => parse({ argv });

export function config(given: Given): ServerConfig {
  const outcome = parse(given);
  if (outcome.kind !== 'run') throw new Error(JSON.stringify(outcome));
  return outcome.config;
}

export function noticesOf(outcome: Configuration): readonly string[] {
  if (outcome.kind !== 'run' && outcome.kind !== 'error') return [];
  return outcome.notices.map(({ level, message, fields }) =>
    [level, message, ...Object.values(fields)].join('|'),
  );
}

/** Where to listen, without what to advertise. */
export const LISTEN = ['--listen-client-urls', 'http://127.0.0.1:1'];
export const ADVERTISE = ['--advertise-client-urls', 'http://127.0.0.1:1'];
