import { decode, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Answer, DecodedPacket } from 'dns-packet';
import { normalName } from './domain-name.js';
import type { QueryType } from './record.js';

export interface Query {
  readonly id: number;
  /** In normal form. */
  readonly name: string;
  readonly type: QueryType;
}

/** What a server said to a query; `records` have the type that was asked for. */
export type ServerAnswer =
  | { readonly kind: 'records'; readonly records: readonly Answer[] }
  /** Another name for it, which has to be asked for. */
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number }
  | { readonly kind: 'missing'; readonly exists: boolean; readonly ttlSeconds: number }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'malformed' }
  /** An answer to something else: late, misdirected or forged. */
  | { readonly kind: 'foreign' };

/** Aliases followed for one question; real zones have one or two. */
export const MAX_ALIASES = 8;
/** Records read of one answer: many times the members of any cluster. */
const MAX_RECORDS = 1000;
/** For how long an answer without a hint of its own is remembered to have been "nothing". */
const DEFAULT_NEGATIVE_TTL_SECONDS = 5;
const MAX_TTL_SECONDS = 2 ** 31 - 1;

/**
 * Reads what came for a query. Whoever can send packets can send anything: only an answer to this
 * very question counts, and every walk through it has an end.
 */
export function readAnswer(query: Query, bytes: Buffer): ServerAnswer {
  // The id is told even by a packet that is otherwise nonsense.
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== query.id) return { kind: 'foreign' };
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
    // The codec reads addresses beyond the end of a packet, and makes up what is not there.
    if (decode.bytes > bytes.length) throw new RangeError('a record without its end');
  } catch {
    return isTruncated(bytes) ? { kind: 'truncated' } : { kind: 'malformed' };
  }
  const [question] = packet.questions ?? [];
  if (packet.type !== 'response') return { kind: 'foreign' };
  const isOurs =
    question !== undefined &&
    normalName(question.name) === query.name &&
    question.type === query.type;
  // Servers that cannot read a question need not repeat it.
  if (!isOurs && (question !== undefined || rcodeOf(bytes) === 0)) return { kind: 'foreign' };
  if (isTruncated(bytes)) return { kind: 'truncated' };
  switch (rcodeOf(bytes)) {
    case 0:
      return followAliases(query, packet);
    case 3:
      return { kind: 'missing', exists: false, ttlSeconds: negativeTtl(packet) };
    default:
      return { kind: 'refused', reason: RCODES[rcodeOf(bytes)] ?? 'server misbehaving' };
  }
}

/** In the words of Go's resolver, where it has some. */
const RCODES: Readonly<Record<number, string>> = {
  1: 'server did not understand the question',
  2: 'server misbehaving',
  4: 'server does not implement this',
  5: 'server refused the question',
};

const rcodeOf = (bytes: Buffer): number => (bytes[3] ?? 0) & 0x0f;
const isTruncated = (bytes: Buffer): boolean =>
  bytes.length >= 4 && (bytes.readUInt16BE(2) & TRUNCATED_RESPONSE) !== 0;

function followAliases({ name, type }: Query, packet: DecodedPacket): ServerAnswer {
  const answers = (packet.answers ?? []).slice(0, MAX_RECORDS);
  let current = name;
  let aliasTtl = MAX_TTL_SECONDS;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const here = answers.filter((answer) => normalName(answer.name) === current);
    const records = here.filter((answer) => answer.type === type);
    if (records.length > 0) return { kind: 'records', records };
    const alias = here.find((answer) => answer.type === 'CNAME');
    if (alias?.type !== 'CNAME') break;
    aliasTtl = Math.min(aliasTtl, ttlOf(alias));
    current = normalName(alias.data);
  }
  if (current !== name) return { kind: 'alias', target: current, ttlSeconds: aliasTtl };
  return { kind: 'missing', exists: true, ttlSeconds: negativeTtl(packet) };
}

export function ttlOf(answer: Answer): number {
  const ttl = 'ttl' in answer ? answer.ttl : undefined;
  // RFC 2181 section 8: the highest bit makes it zero.
  return typeof ttl === 'number' && ttl >= 0 && ttl <= MAX_TTL_SECONDS ? ttl : 0;
}

/** RFC 2308: the lesser of the SOA's own life and of what it says about what is not there. */
function negativeTtl(packet: DecodedPacket): number {
  const soa = (packet.authorities ?? []).find(({ type }) => type === 'SOA');
  if (soa?.type !== 'SOA') return DEFAULT_NEGATIVE_TTL_SECONDS;
  return Math.min(ttlOf(soa), soa.data.minimum ?? 0);
}
