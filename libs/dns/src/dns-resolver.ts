import { isIP, isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';
import type { Scheduler } from '@etcd-ts/foundation';
import type { Query } from './answer.js';
import { MAX_ALIASES, ttlOf } from './answer.js';
import { isDomainName, normalName } from './domain-name.js';
import type { ExchangeAnswer } from './exchange.js';
import { askOverTcp, askOverUdp } from './exchange.js';
import type { Nameserver } from './nameserver.js';
import { formatNameserver } from './nameserver.js';
import type { AddressRecord, Lookup, QueryType, SrvRecord } from './record.js';

export interface DnsResolverOptions {
  /** Asked in this order; at least one. */
  readonly nameservers: readonly Nameserver[];
  /** For one question to one server. */
  readonly timeoutMs: number;
  /** Rounds over all servers. */
  readonly attempts: number;
  readonly scheduler: Scheduler;
  /** Uniform in [0, 65536), and not to be guessed. */
  readonly nextId: () => number;
  /** Names that are known without asking: those of hosts(5). */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
}

/** Addresses in a hosts file have no life; asking the file again costs nothing. */
const HOSTS_TTL_SECONDS = 1;

type RawLookup =
  | {
      readonly kind: 'records';
      readonly records: readonly Answer[];
      readonly maxTtlSeconds: number;
    }
  | Extract<Lookup<never>, { kind: 'missing' | 'failed' }>;

/** Asks nameservers. Knows nothing of caches, search lists or what the answers are for. */
export class DnsResolver {
  readonly #options: DnsResolverOptions;

  constructor(options: DnsResolverOptions) {
    this.#options = options;
  }

  /** By priority, then by weight (heaviest first), then by name: the same for all who ask. */
  async srv(name: string): Promise<Lookup<SrvRecord>> {
    const raw = await this.#lookUp(name, 'SRV');
    if (raw.kind !== 'records') return raw;
    const records = raw.records.flatMap((answer) => {
      if (answer.type !== 'SRV') return [];
      const { target, port, priority = 0, weight = 0 } = answer.data;
      // RFC 2782: a target of "." says that the service is decidedly not there.
      if (normalName(target) === '' || !isDomainName(target)) return [];
      const ttlSeconds = Math.min(ttlOf(answer), raw.maxTtlSeconds);
      return [{ target: normalName(target), port, priority, weight, ttlSeconds }];
    });
    records.sort(
      (a, b) =>
        a.priority - b.priority ||
        b.weight - a.weight ||
        (a.target < b.target ? -1 : Number(a.target > b.target)) ||
        a.port - b.port,
    );
    if (records.length > 0) return { kind: 'found', records };
    return { kind: 'missing', reason: `lookup ${name}: no service`, ttlSeconds: raw.maxTtlSeconds };
  }

  /** IPv4 first. An address is its own answer. */
  async addresses(host: string): Promise<Lookup<AddressRecord>> {
    const own = isIP(host) === 0 ? this.#options.hosts.get(normalName(host)) : [host];
    if (own !== undefined) {
      const ttlSeconds = isIP(host) === 0 ? HOSTS_TTL_SECONDS : 2 ** 31 - 1;
      return { kind: 'found', records: own.map((address) => addressRecord(address, ttlSeconds)) };
    }
    const [v4, v6] = await Promise.all([this.#lookUp(host, 'A'), this.#lookUp(host, 'AAAA')]);
    const records = [v4, v6].flatMap((raw) =>
      raw.kind !== 'records'
        ? []
        : raw.records.flatMap((answer) =>
            answer.type === 'A' || answer.type === 'AAAA'
              ? [addressRecord(answer.data, Math.min(ttlOf(answer), raw.maxTtlSeconds))]
              : [],
          ),
    );
    if (records.length > 0) return { kind: 'found', records };
    // A name that has no address of one kind may well have one of the other that nobody told.
    if (v4.kind === 'failed') return v4;
    if (v6.kind === 'failed') return v6;
    return v4.kind === 'missing' ? v4 : { kind: 'failed', reason: `lookup ${host}: no address` };
  }

  async #lookUp(name: string, type: QueryType): Promise<RawLookup> {
    if (!isDomainName(name))
      return { kind: 'failed', reason: `lookup ${name}: invalid domain name` };
    let current = normalName(name);
    let maxTtlSeconds = 2 ** 31 - 1;
    const seen = new Set<string>();
    // An alias may lead to another server's zone and on from there, and back in a circle.
    while (!seen.has(current) && seen.size <= MAX_ALIASES) {
      seen.add(current);
      const { answer, server } = await this.#ask(current, type);
      const subject = `lookup ${name} on ${server}`;
      switch (answer.kind) {
        case 'records':
          return { kind: 'records', records: answer.records, maxTtlSeconds };
        case 'alias':
          current = answer.target;
          maxTtlSeconds = Math.min(maxTtlSeconds, answer.ttlSeconds);
          continue;
        case 'missing': {
          const ttlSeconds = Math.min(maxTtlSeconds, answer.ttlSeconds);
          return { kind: 'missing', reason: `${subject}: no such host`, ttlSeconds };
        }
        case 'refused':
        case 'unreachable':
          return { kind: 'failed', reason: `${subject}: ${answer.reason}` };
        case 'truncated':
          return { kind: 'failed', reason: `${subject}: answer is cut off even over TCP` };
        case 'malformed':
        case 'foreign':
          return { kind: 'failed', reason: `${subject}: cannot unmarshal DNS message` };
      }
    }
    return { kind: 'failed', reason: `lookup ${name}: too many aliases` };
  }

  /** The first answer that says something; otherwise the last one that does not. */
  async #ask(name: string, type: QueryType): Promise<{ answer: ExchangeAnswer; server: string }> {
    const { nameservers, attempts, nextId } = this.#options;
    let last: { answer: ExchangeAnswer; server: string } = {
      answer: { kind: 'unreachable', reason: 'no nameserver' },
      server: '-',
    };
    for (let attempt = 0; attempt < attempts; attempt++) {
      for (const nameserver of nameservers) {
        const query: Query = { id: nextId(), name, type };
        const answer = await this.#askOne(query, nameserver);
        last = { answer, server: formatNameserver(nameserver) };
        if (['records', 'alias', 'missing'].includes(answer.kind)) return last;
      }
    }
    return last;
  }

  async #askOne(query: Query, nameserver: Nameserver): Promise<ExchangeAnswer> {
    const answer = await askOverUdp(query, nameserver, this.#options);
    return answer.kind === 'truncated' ? askOverTcp(query, nameserver, this.#options) : answer;
  }
}

const addressRecord = (address: string, ttlSeconds: number): AddressRecord => ({
  address,
  family: isIPv6(address) ? 6 : 4,
  ttlSeconds,
});
