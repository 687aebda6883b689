import { networkInterfaces } from 'node:os';
import type { NameResolver } from '@etcd-ts/bootstrap';
import { complaintAboutService, lookUpServices } from '@etcd-ts/bootstrap';
import { parseEndpointUrl } from '@etcd-ts/config';
import type { Clock, Scheduler } from '@etcd-ts/foundation';
import type { ResolveOptions } from '../options.js';
import { clusterText, endpointsText, isOutputFormat } from './cluster-text.js';
import { findCluster } from './found-cluster.js';
import type { Self } from './found-cluster.js';

/** Between two tries of --wait. */
const RETRY_PAUSE_MS = 1000;

export interface ResolveParts {
  readonly resolver: NameResolver;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** `etcd-srv DOMAIN`. Resolves with the exit code: 0 only when nothing is missing. */
export async function resolveOnce(
  domain: string,
  options: ResolveOptions,
  parts: ResolveParts,
): Promise<number> {
  const { format } = options;
  const suffix = options['server-name'];
  const complaint = isOutputFormat(format)
    ? complaintAboutService(domain, suffix)
    : `unknown --format ${format}`;
  if (!isOutputFormat(format) || complaint !== undefined) {
    parts.stderr(`etcd-srv: ${complaint}\n`);
    return 2;
  }
  const role = options.clients ? 'client' : 'server';
  const textOf = options.clients ? endpointsText : clusterText;
  const deadlineMs = parts.clock.monotonicMs() + options.wait;
  for (;;) {
    const lookups = await lookUpServices(parts.resolver, domain, suffix, [role]);
    const self = await describeSelf(options, parts.resolver);
    const cluster = findCluster(lookups, self.self);
    const missing = [...self.missing, ...cluster.missing];
    const complete = { ...cluster, missing };
    if (missing.length === 0) {
      parts.stdout(textOf(format, complete, lookups));
      return 0;
    }
    if (parts.clock.monotonicMs() + RETRY_PAUSE_MS > deadlineMs) {
      // Half a cluster must not get into an environment; a program can see what is missing.
      if (format === 'json') parts.stdout(textOf(format, complete, lookups));
      for (const line of missing) parts.stderr(`etcd-srv: ${line}\n`);
      return 1;
    }
    await new Promise<void>((resolve) => {
      parts.scheduler.after(RETRY_PAUSE_MS, resolve);
    });
  }
}

async function describeSelf(
  options: ResolveOptions,
  resolver: NameResolver,
): Promise<{ readonly self: Self; readonly missing: readonly string[] }> {
  const name = options.clients ? '' : options.name;
  const missing: string[] = [];
  const advertised: { port: number; addresses: readonly string[] }[] = [];
  for (const text of name === '' ? [] : options['advertise-peer-urls']) {
    const url = parseEndpointUrl(text);
    const found = url.kind === 'ok' ? await resolver.addresses(url.value.hostname) : undefined;
    if (url.kind === 'error') missing.push(`--advertise-peer-urls: ${url.message}`);
    else if (found?.kind === 'found') {
      const addresses = found.records.map(({ address }) => address);
      advertised.push({ port: url.value.port, addresses });
    } else missing.push(`--advertise-peer-urls: ${found?.reason ?? text}`);
  }
  return { self: { name, advertised, addresses: machineAddresses() }, missing };
}

const machineAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
