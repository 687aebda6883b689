import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Scheduler } from '@etcd-ts/foundation';
import { DnsResolver } from './dns-resolver.js';
import type { Nameserver } from './nameserver.js';
import { nameserversOf, readHosts } from './nameserver.js';

export interface SystemResolverOptions {
  /** Empty: those of /etc/resolv.conf. */
  readonly nameservers: readonly Nameserver[];
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly scheduler: Scheduler;
}

/** A resolver as this machine is configured; its files are read once. */
export function createSystemResolver(options: SystemResolverOptions): DnsResolver {
  const { nameservers } = options;
  return new DnsResolver({
    ...options,
    nameservers: nameservers.length > 0 ? nameservers : nameserversOf(contents('/etc/resolv.conf')),
    hosts: readHosts(contents('/etc/hosts')),
    nextId: () => randomInt(65_536),
  });
}

/** A machine without such a file has nothing in it. */
function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
