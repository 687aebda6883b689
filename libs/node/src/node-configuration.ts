import { readFileSync } from 'node:fs';
import { parseConfiguration } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { SERVER_VERSION } from '@etcd-ts/server';

/** By the names of etcd's flags: `{ 'data-dir': '/var/lib/one', 'enable-v2': false }`. */
export type NodeOptions = Readonly<Record<string, string | number | boolean>>;

/** Shown by --version only, which is no option of a node. */
const BUILD = {
  apiVersion: SERVER_VERSION,
  version: 'embedded',
  commit: '',
  nodeVersion: process.version,
  os: process.platform,
  arch: process.arch,
};

/**
 * For a program that embeds a node: what etcd would make of these flags, and of nothing else (no
 * environment variable counts). Throws an Error that says what is wrong, in the words of the program.
 */
export function nodeConfiguration(options: NodeOptions): ServerConfig {
  const outcome = parseConfiguration({
    argv: Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    env: {},
    readFile: (path) => readFileSync(path, 'utf8'),
    build: BUILD,
  });
  if (outcome.kind === 'run') return outcome.config;
  throw new Error(outcome.kind === 'error' ? outcome.message : `--${outcome.kind} is no option`);
}
