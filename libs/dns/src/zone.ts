import { AUTHORITATIVE_ANSWER, encode, RECURSION_DESIRED, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Answer, Packet, Question } from 'dns-packet';
import { normalName } from './domain-name.js';

export interface ZoneSrvRecord {
  readonly target: string;
  readonly port: number;
}

/** What a server of our own tells: names in normal form. */
export interface Zone {
  /** The domain that this server speaks for, and nobody else. */
  readonly domain: string;
  readonly ttlSeconds: number;
  readonly services: ReadonlyMap<string, readonly ZoneSrvRecord[]>;
  /** IPv4 or IPv6, as text. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

const REFUSED = 5;
const FORMAT_ERROR = 1;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;
const SERIAL = 1;

/** A query that came in, as far as it could be read. */
export interface IncomingQuery {
  readonly id: number;
  readonly wantsRecursion: boolean;
  readonly question: Question | undefined;
}

/**
 * The answer as it goes over the wire, of `maxBytes` at most: beyond that, only a hint to come over
 * TCP. Without a zone it says that there is no telling: "no such name" would be remembered.
 */
export function answerFrom(zone: Zone | undefined, query: IncomingQuery, maxBytes: number): Buffer {
  const { id, question, wantsRecursion } = query;
  const flags = AUTHORITATIVE_ANSWER | (wantsRecursion ? RECURSION_DESIRED : 0);
  const head: Packet = { type: 'response', id, flags };
  if (question === undefined) return encodeWith(head, FORMAT_ERROR);
  const questions = [question];
  if (zone === undefined) {
    return encodeWith({ ...head, questions, flags: flags & ~AUTHORITATIVE_ANSWER }, SERVER_FAILURE);
  }
  if (question.class !== undefined && question.class !== 'IN' && question.class !== 'ANY') {
    return encodeWith({ ...head, questions }, REFUSED);
  }
  const name = normalName(question.name);
  if (name !== zone.domain && !name.endsWith(`.${zone.domain}`)) {
    return encodeWith({ ...head, questions, flags: flags & ~AUTHORITATIVE_ANSWER }, REFUSED);
  }
  const answers = recordsOf(zone, name, question);
  const full: Packet =
    answers.length > 0
      ? { ...head, questions, answers, additionals: additionalsOf(zone, answers) }
      : { ...head, questions, authorities: [startOfAuthority(zone)] };
  const rcode = answers.length === 0 && !exists(zone, name) ? NAME_ERROR : 0;
  const bytes = encodeWith(full, rcode);
  if (bytes.length <= maxBytes) return bytes;
  const withoutExtras = encodeWith({ ...head, questions, answers }, rcode);
  if (withoutExtras.length <= maxBytes) return withoutExtras;
  return encodeWith({ ...head, questions, flags: flags | TRUNCATED_RESPONSE }, rcode);
}

/** dns-packet has the response code in the flags, whose lowest four bits it is. */
const encodeWith = (packet: Packet, rcode: number): Buffer =>
  encode({ ...packet, flags: (packet.flags ?? 0) | rcode });

const exists = ({ domain, services, addresses }: Zone, name: string): boolean =>
  name === domain ||
  [...services.keys(), ...addresses.keys()].some(
    // A name above another one exists, with nothing at it.
    (known) => known === name || known.endsWith(`.${name}`),
  );

function recordsOf(zone: Zone, name: string, { type }: Question): Answer[] {
  const ttl = zone.ttlSeconds;
  const services = (zone.services.get(name) ?? []).map(({ target, port }): Answer => ({
    type: 'SRV',
    name,
    ttl,
    data: { target, port, priority: 0, weight: 100 },
  }));
  const soa = name === zone.domain ? [startOfAuthority(zone)] : [];
  const all = [...services, ...addressRecords(zone, name), ...soa];
  // The codec's types do not know this one.
  return String(type) === 'ANY' ? all : all.filter((record) => record.type === type);
}

const addressRecords = (zone: Zone, name: string): Answer[] =>
  (zone.addresses.get(name) ?? []).map((address) => ({
    type: address.includes(':') ? 'AAAA' : 'A',
    name,
    ttl: zone.ttlSeconds,
    data: address,
  }));

/** The addresses of the targets, which is what will be asked for next. */
const additionalsOf = (zone: Zone, answers: readonly Answer[]): Answer[] => {
  const targets = new Set(
    answers.flatMap((answer) => (answer.type === 'SRV' ? [normalName(answer.data.target)] : [])),
  );
  return [...targets].flatMap((target) => addressRecords(zone, target));
};

const startOfAuthority = ({ domain, ttlSeconds }: Zone): Answer => ({
  type: 'SOA',
  name: domain,
  ttl: ttlSeconds,
  data: {
    mname: `ns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: SERIAL,
    refresh: ttlSeconds,
    retry: ttlSeconds,
    expire: ttlSeconds,
    minimum: ttlSeconds,
  },
});
