import type { ServiceEndpoint, ServiceLookup } from '@etcd-ts/bootstrap';

/** What this machine knows of itself, to find its own record. */
export interface Self {
  /** Empty: there is no member on this machine. */
  readonly name: string;
  /** Where the URLs it advertises lead; empty: it was not said. */
  readonly advertised: readonly { readonly port: number; readonly addresses: readonly string[] }[];
  /** Of the machine, without those that every machine has. */
  readonly addresses: readonly string[];
}

export interface FoundMember {
  readonly name: string;
  readonly url: string;
}

export interface FoundCluster {
  readonly members: readonly FoundMember[];
  /** A line for each thing that is not there and should be. */
  readonly missing: readonly string[];
}

interface Target {
  readonly url: string;
  readonly endpoint: ServiceEndpoint;
}

const urlOf = (scheme: string, { host, port }: ServiceEndpoint): string =>
  `${scheme}://${host}:${port}`;

/** The members behind the records. Without any record, every service that was asked for is missing. */
export function findCluster(lookups: readonly ServiceLookup[], self: Self): FoundCluster {
  const targets: Target[] = [];
  const missing: string[] = [];
  for (const { endpoints, scheme, name } of lookups) {
    for (const endpoint of endpoints) {
      if (endpoint.addresses.length > 0) targets.push({ url: urlOf(scheme, endpoint), endpoint });
      else missing.push(`${name}: ${endpoint.host}:${endpoint.port}: ${endpoint.problem}`);
    }
  }
  // One of two services is the usual case; a server that failed may hide the other half, though.
  const failed = lookups.filter(({ status }) => status === 'failed');
  missing.push(...failed.map(({ name, reason }) => `${name}: ${reason}`));
  if (targets.length === 0 && missing.length === 0) {
    missing.push(...lookups.map(({ name, reason }) => `${name}: ${reason}`));
  }
  const names = namesOf(targets);
  const own = self.name === '' ? undefined : findOwn(targets, self);
  if (self.name !== '' && own === undefined && targets.length > 0) {
    missing.push(`cannot find local etcd member ${JSON.stringify(self.name)} in SRV records`);
  }
  const members = targets.map((target) => ({
    name: target === own ? self.name : (names.get(target) ?? ''),
    url: target.url,
  }));
  return { members, missing };
}

/** The first label of each host where that tells them apart; otherwise host and port, made a name. */
function namesOf(targets: readonly Target[]): ReadonlyMap<Target, string> {
  const forms = [
    ({ endpoint }: Target) => endpoint.host.replace(/\..*$/u, ''),
    ({ endpoint }: Target) => endpoint.host,
    ({ endpoint }: Target) => `${endpoint.host}-${endpoint.port}`,
    ({ url }: Target) => url.replace(/[^a-z0-9.-]+/giu, '-'),
  ];
  const isTelling = (form: (target: Target) => string): boolean =>
    new Set(targets.map(form)).size === targets.length;
  const form = forms.find(isTelling) ?? ((target: Target) => target.url);
  return new Map(targets.map((target) => [target, form(target)]));
}

/** Sure signs first: what is advertised, then a host of that name, then the machine's addresses. */
function findOwn(
  targets: readonly Target[],
  { name, advertised, addresses }: Self,
): Target | undefined {
  const leadsTo = ({ endpoint }: Target, where: readonly string[]): boolean =>
    endpoint.addresses.some((address) => where.includes(address));
  if (advertised.length > 0) {
    return targets.find((target) =>
      advertised.some((own) => own.port === target.endpoint.port && leadsTo(target, own.addresses)),
    );
  }
  const named = targets.filter(
    ({ endpoint: { host } }) => host === name || host.startsWith(`${name}.`),
  );
  const [byName] = named;
  if (byName !== undefined && named.length === 1) return byName;
  const here = targets.filter((target) => leadsTo(target, addresses));
  // Two members on one machine cannot be told apart by its address.
  return here.length === 1 ? here[0] : undefined;
}
