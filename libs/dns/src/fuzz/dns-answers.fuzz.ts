import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import type { Answer, Packet } from 'dns-packet';
import { encode } from 'dns-packet';
import { mutateBytes, mutateText, pick } from '@etcd-ts/fuzzing';
import { readAnswer, ttlOf } from '../answer.js';
import type { Query, ServerAnswer } from '../answer.js';
import { isDomainName, normalName } from '../domain-name.js';
import { formatNameserver, nameserversOf, parseNameserver, readHosts } from '../nameserver.js';
import { soundPacket } from './packets.js';

const CASES = 200;
const NAME = '_etcd-server._tcp.example.com';
const TYPES = ['SRV', 'A', 'AAAA'] as const;

/** What may come for a question: an answer of a known kind, whose records can be used as they are. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const query: Query = { id: rng.below(4), name: NAME, type: pick(rng, TYPES) };
    const bytes = response(rng, query);
    try {
      checkAnswer(query, bytes, readAnswer(query, bytes));
    } catch (error) {
      throw new Error(`${query.type} ${bytes.toString('hex').slice(0, 600)}`, { cause: error });
    }
    checkTexts(rng);
  }
  return CASES;
}

function response(rng: Rng, { id, type }: Query): Buffer {
  const name = rng.below(6) === 0 ? NAME.toUpperCase() : NAME;
  const packet: Packet = {
    type: rng.below(20) === 0 ? 'query' : 'response',
    id: rng.below(20) === 0 ? rng.below(65_536) : id,
    flags: rng.below(4) === 0 ? rng.below(65_536) : 0,
    questions: rng.below(20) === 0 ? [] : [{ name, type }],
    answers: Array.from({ length: rng.below(5) }, () => record(rng, type)),
    authorities: rng.below(3) === 0 ? [record(rng, 'SOA')] : [],
  };
  const bytes = soundPacket(rng, encode(packet));
  return rng.below(8) === 0 ? bytes : mutateBytes(rng, bytes);
}

/** Of the question's name or of an alias of it, which may lead in a circle. */
function record(rng: Rng, type: 'SRV' | 'A' | 'AAAA' | 'SOA'): Answer {
  const name = pick(rng, [NAME, NAME, 'a.example.com', 'b.example.com', '.']);
  const ttl = pick(rng, [0, 1, 60, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);
  const target = pick(rng, [NAME, 'a.example.com', 'b.example.com', '.', 'x'.repeat(63)]);
  if (rng.below(3) === 0) return { type: 'CNAME', name, ttl, data: target };
  switch (type) {
    case 'SRV':
      return { type, name, ttl, data: { target, port: rng.below(65_536), priority: 1, weight: 2 } };
    case 'A':
      return { type, name, ttl, data: '10.0.0.1' };
    case 'AAAA':
      return { type, name, ttl, data: '2001:db8::1' };
    case 'SOA': {
      const times = { serial: 1, refresh: 2, retry: 3, expire: 4, minimum: ttl };
      return { type, name, ttl, data: { mname: 'a', rname: 'b', ...times } };
    }
  }
}

function checkAnswer(query: Query, bytes: Buffer, answer: ServerAnswer): void {
  const isForUs = bytes.length >= 2 && bytes.readUInt16BE(0) === query.id;
  assert(isForUs || answer.kind === 'foreign', 'an answer to another question counts');
  switch (answer.kind) {
    case 'records':
      assert(answer.records.length > 0, 'no records');
      for (const each of answer.records) checkRecord(query, each);
      return;
    case 'alias':
      assert(answer.target !== query.name, 'a name is its own alias');
      return checkTtl(answer.ttlSeconds);
    case 'missing':
      return checkTtl(answer.ttlSeconds);
    case 'refused':
      return assert(answer.reason !== '', 'refused without a word');
    case 'truncated':
    case 'malformed':
    case 'foreign':
  }
}

function checkRecord(query: Query, record: Answer): void {
  assert(record.type === query.type, 'a record of another type');
  checkTtl(ttlOf(record));
  if (record.type === 'SRV') {
    const { target, port, priority = 0, weight = 0 } = record.data;
    for (const number of [port, priority, weight]) {
      assert(Number.isInteger(number) && number >= 0 && number < 65_536, 'no 16-bit number');
    }
    assert(typeof target === 'string' && normalName(target).length < 1_000, 'no target');
  } else if (record.type === 'A' || record.type === 'AAAA') {
    const address = parseNameserver(record.data);
    assert(address?.host === record.data, `no address: ${record.data}`);
  }
}

const checkTtl = (seconds: number): void =>
  assert(Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 32, `a life of ${seconds} s`);

/** What is configured by text: nameservers, resolv.conf(5) and hosts(5). */
function checkTexts(rng: Rng): void {
  const text = mutateText(rng, pick(rng, ['10.0.0.2:53', '[::1]:5353', '::1', 'a.example.com']));
  const server = parseNameserver(text);
  if (server !== undefined) {
    const again = parseNameserver(formatNameserver(server));
    assert(again?.host === server.host && again.port === server.port, `${text} changes`);
  }
  if (isDomainName(text)) {
    const question = encode({ questions: [{ type: 'A', name: text }] });
    assert(question.length < 300, 'a name that is no name on the wire');
  }
  assert(nameserversOf(`nameserver ${text}\n${text}`).length > 0, 'no nameserver');
  readHosts(`${text}\n127.0.0.1 ${text} __proto__ #${text}`);
}
