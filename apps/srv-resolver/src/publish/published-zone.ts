import { SERVICES, serviceName } from '@etcd-ts/bootstrap';
import type { Zone, ZoneSrvRecord } from '@etcd-ts/dns';
import { normalName } from '@etcd-ts/dns';
import { isIP } from 'node:net';

export interface PublishedUrl {
  readonly scheme: string;
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface PublishedMember {
  /** Hexadecimal. */
  readonly id: string;
  /** Empty: it was added and has not started. */
  readonly name: string;
  readonly peerUrls: readonly PublishedUrl[];
  readonly clientUrls: readonly PublishedUrl[];
  /** It serves clients, reads that go through the leader too. */
  readonly isServing: boolean;
}

export interface ZoneSetup {
  /** In normal form. */
  readonly domain: string;
  readonly suffix: string;
  readonly ttlSeconds: number;
  /** Of those hosts that are named in the zone itself. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

/**
 * The records of a cluster. Peers are all members, those that are down as well: who joins must name
 * exactly the members that there are. Clients are sent to the members that serve; when none seems to,
 * the fault may be between them and us, and clients are better off with all of them than with none.
 */
export function zoneOf(setup: ZoneSetup, members: readonly PublishedMember[]): Zone {
  const { domain, suffix, ttlSeconds } = setup;
  const serving = members.filter(({ isServing }) => isServing);
  const forClients = serving.length > 0 ? serving : members;
  const targets = new Targets(domain, members);
  const services = new Map<string, ZoneSrvRecord[]>();
  for (const { role, scheme, label } of SERVICES) {
    const listed = role === 'server' ? members : forClients;
    const records = listed.flatMap((member) =>
      (role === 'server' ? member.peerUrls : member.clientUrls)
        .filter((url) => url.scheme === scheme)
        .map(({ host, port }) => ({ target: targets.of(member, host), port })),
    );
    if (records.length > 0) services.set(serviceName(label, suffix, domain), records);
  }
  return {
    domain,
    ttlSeconds,
    services,
    addresses: mergeAddresses(setup.addresses, targets.addresses),
  };
}

/** Whether this server is the one to say where the host is. */
export const isInZone = (domain: string, host: string): boolean =>
  isIP(host) === 0 &&
  (normalName(host) === domain || normalName(host).endsWith(`.${normalName(domain)}`));

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** SRV records lead to names, so that addresses get one: that of their member, in the zone. */
class Targets {
  readonly addresses = new Map<string, string[]>();
  readonly #domain: string;
  readonly #labels: ReadonlyMap<PublishedMember, string>;
  readonly #names = new Map<string, string>();

  constructor(domain: string, members: readonly PublishedMember[]) {
    this.#domain = domain;
    const named = members.map((member) => [member, member.name.toLowerCase()] as const);
    this.#labels = new Map(
      named.map(([member, name]) => {
        const isOnly = named.filter(([, other]) => other === name).length === 1;
        return [member, isOnly && LABEL.test(name) ? name : `m-${member.id}`];
      }),
    );
  }

  of(member: PublishedMember, host: string): string {
    if (isIP(host) === 0) return normalName(host);
    const label = this.#labels.get(member) ?? `m-${member.id}`;
    const key = `${label} ${host}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    // Its second address is another way to it and not a choice: whoever connects must get the one meant.
    let name = `${label}.${this.#domain}`;
    for (let n = 2; this.addresses.has(name); n++) name = `${n}.${label}.${this.#domain}`;
    this.#names.set(key, name);
    this.addresses.set(name, [host]);
    return name;
  }
}

function mergeAddresses(
  ...maps: readonly ReadonlyMap<string, readonly string[]>[]
): ReadonlyMap<string, readonly string[]> {
  const merged = new Map<string, readonly string[]>();
  for (const [name, addresses] of maps.flatMap((map) => [...map])) {
    merged.set(name, [...new Set([...(merged.get(name) ?? []), ...addresses])]);
  }
  return merged;
}
