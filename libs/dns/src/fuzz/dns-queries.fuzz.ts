import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import type { Packet } from 'dns-packet';
import { decode, encode } from 'dns-packet';
import { mutateBytes, pick } from '@etcd-ts/fuzzing';
import { readQuery } from '../dns-server.js';
import { answerFrom } from '../zone.js';
import type { Zone } from '../zone.js';
import { soundPacket } from './packets.js';

const CASES = 200;
const SERVICE = '_etcd-server._tcp.example.com';
const NAMES = [SERVICE, 'a.example.com', 'example.com', 'COM', '.', 'b\u00e9.example.com', 'other'];
const TYPES = ['SRV', 'A', 'AAAA', 'SOA', 'NS', 'TXT', 'ANY', 'OPT', 'UNKNOWN_4711'];
/** What UDP and TCP carry, and less than any answer has. */
const LIMITS = [12, 512, 65_535];

const ZONE: Zone = {
  domain: 'example.com',
  ttlSeconds: 30,
  services: new Map([
    [SERVICE, Array.from({ length: 9 }, (_, i) => ({ target: `m${i}.example.com`, port: 2380 }))],
  ]),
  addresses: new Map([
    ['a.example.com', ['10.0.0.1', '2001:db8::1']],
    ['m0.example.com', ['10.0.0.2']],
  ]),
};

/** Packets to our own nameserver: no answer, or one that a resolver can read, within the limit. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const bytes = query(rng);
    try {
      check(rng, bytes);
    } catch (error) {
      throw new Error(bytes.toString('hex').slice(0, 600), { cause: error });
    }
  }
  return CASES;
}

function query(rng: Rng): Buffer {
  if (rng.below(4) === 0) return rawQuestion(rng);
  const packet: Packet = {
    type: rng.below(20) === 0 ? 'response' : 'query',
    id: rng.below(65_536),
    flags: rng.below(3) === 0 ? rng.below(65_536) : 0,
    questions: Array.from({ length: rng.below(10) === 0 ? rng.below(3) : 1 }, () => ({
      name: pick(rng, NAMES),
      type: pick(rng, TYPES) as 'SRV',
      class: pick(rng, ['IN', 'IN', 'ANY', 'CH'] as const),
    })),
  };
  const bytes = soundPacket(rng, encode(packet));
  return rng.below(8) === 0 ? bytes : mutateBytes(rng, bytes);
}

/** A name of labels of any bytes, which need be neither letters nor UTF-8. */
function rawQuestion(rng: Rng): Buffer {
  const labels = Array.from({ length: 1 + rng.below(5) }, () => {
    const [filling, length] = [pick(rng, [0xff, 0x2e, 0xe9, 0, 0x41]), 1 + rng.below(63)];
    return Buffer.concat([Buffer.of(length), Buffer.alloc(length, filling)]);
  });
  const zone =
    rng.below(2) === 0 ? encode({ questions: [{ type: 'A', name: ZONE.domain }] }) : EMPTY;
  const [header, rest] = [HEADER, zone.subarray(HEADER.length)];
  const end = rest.length > 0 ? rest : Buffer.of(0, 0, rng.below(40), 0, 1);
  return Buffer.concat([header, ...labels, end]);
}

const HEADER = encode({ id: 7, questions: [{ type: 'A', name: '.' }] }).subarray(0, 12);
const EMPTY = Buffer.alloc(0);

function check(rng: Rng, bytes: Buffer): void {
  const asked = readQuery(bytes);
  if (asked === undefined) return;
  assert(asked.id === bytes.readUInt16BE(0), 'a question of another number');
  const limit = pick(rng, LIMITS);
  const answer = answerFrom(rng.below(10) === 0 ? undefined : ZONE, asked, limit);
  const { id, type, questions = [], answers = [] } = decode(answer);
  assert(id === asked.id && type === 'response', 'no answer to this question');
  assert(questions.length === (asked.question === undefined ? 0 : 1), 'another question');
  // The question comes back whole: nothing is left out of an answer but records.
  assert(answer.length <= Math.max(limit, bytes.length + MAX_GROWTH_BYTES), 'too long');
  assert(
    answers.every(({ name }) => name !== ''),
    'a record without a name',
  );
}

/** A question is written anew, without the compression it may have come with. */
const MAX_GROWTH_BYTES = 255;
