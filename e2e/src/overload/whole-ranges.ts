import { succeeded } from '@etcd-ts/testkit';
import {
  KVDefinition,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

import { inParallel } from './parallel.js';
import { expectTrue, scaled, type Scenario, type Stage } from './scenario.js';

const KEYS = 100_000;
const KEYS_PER_TXN = 100;
const VALUE = Buffer.alloc(256, 'v');
const READERS = 30;
const READS = 150;
const PREFIX = 'overload/space/';
const DEADLINE_MS = 240_000;

const { put, range, txn } = KVDefinition.methods;

async function fill(stage: Stage, keys: number): Promise<void> {
  const client = stage.connect(0);
  await inParallel(Math.ceil(keys / KEYS_PER_TXN), 20, async (chunk) => {
    const success = Array.from({ length: KEYS_PER_TXN }, (_, i) => {
      const key = Buffer.from(`${PREFIX}${String(chunk * KEYS_PER_TXN + i).padStart(8, '0')}`);
      const value = PutRequest.create({ key, value: VALUE });
      return RequestOp.create({ request: { $case: 'requestPut', value } });
    });
    await succeeded(client.unary(KVDefinition, txn, TxnRequest.create({ success })));
  });
  stage.show(`${keys} keys`);
}

/** Answers of some thirty megabytes, many at a time: each complete, memory bounded, writes go on. */
export const wholeRanges: Scenario = {
  name: 'ranges',
  what: '150 ranges over 100,000 keys, 30 at a time',
  async run(stage) {
    const chunks = Math.ceil(scaled(stage, KEYS) / KEYS_PER_TXN);
    const keys = chunks * KEYS_PER_TXN;
    await fill(stage, keys);
    const clients = Array.from({ length: READERS }, (_, i) => stage.connect(i));
    const request = RangeRequest.create({
      key: Buffer.from(PREFIX),
      rangeEnd: Buffer.from('overload/space0'),
    });
    const writer = stage.connect(0);
    let isReading = true;
    let writes = 0;
    const writing = (async () => {
      while (isReading) {
        const change = PutRequest.create({ key: Buffer.from('overload/beside-ranges') });
        await succeeded(writer.unary(KVDefinition, put, change, { deadlineMs: DEADLINE_MS }));
        writes++;
      }
    })();
    const reading = inParallel(READS, READERS, async (i) => {
      const client = clients[i % READERS] ?? writer;
      const options = { deadlineMs: DEADLINE_MS };
      const { kvs, count } = await succeeded(client.unary(KVDefinition, range, request, options));
      expectTrue(kvs.length === keys && count === BigInt(keys), `${kvs.length} of ${keys} keys`);
      stage.show(`${i} ranges`);
    }).finally(() => {
      isReading = false;
    });
    await Promise.all([reading, writing]);
    return `${READS} ranges of ${keys} keys, ${writes} writes beside them`;
  },
};
