import { must, SeededRng } from '@etcd-ts/foundation';
import {
  CompactionRequest,
  KVDefinition,
  LeaseDefinition,
  PutRequest,
  RangeRequest,
  RangeResponse,
} from '@etcd-ts/wire-protocol';

import { withHeader } from './header.js';

import { DirectCalls } from './testing/direct-calls.js';
import { ServedMember } from './testing/served-member.js';

const ALL = { key: Buffer.of(0), rangeEnd: Buffer.of(0) };

describe('a RangeStream', () => {
  let served: ServedMember;
  const kv = () => served.connection.service(KVDefinition);

  beforeAll(async () => {
    served = await ServedMember.start();
    const puts = Array.from({ length: 100 }, (_, at) =>
      kv().put(PutRequest.create({ key: Buffer.from(`key${at}`), value: Buffer.alloc(200) })),
    );
    await Promise.all(puts);
  });
  afterAll(() => served.dispose());

  const chunksOf = async (request: Partial<RangeRequest>): Promise<RangeResponse[]> => {
    const chunks: RangeResponse[] = [];
    for await (const { rangeResponse } of kv().rangeStream(RangeRequest.create(request))) {
      if (rangeResponse !== undefined) chunks.push(rangeResponse);
    }
    return chunks;
  };

  it.each([{}, { limit: 7n }, { limit: 10n }, { limit: 35n }, { countOnly: true }])(
    'says in chunks what a Range says at once: %p',
    async (options) => {
      const whole = await kv().range(RangeRequest.create({ ...ALL, ...options }));
      const chunks = await chunksOf({ ...ALL, ...options });
      expect(chunks.flatMap(({ kvs }) => kvs)).toEqual(whole.kvs);
      const last = chunks.pop();
      expect(last).toMatchObject({ header: whole.header, more: whole.more, count: whole.count });
      for (const { header, more, count } of chunks) {
        expect({ header, more, count }).toEqual({ header: undefined, more: false, count: 0n });
      }
    },
  );

  it('refuses what it cannot do in one pass', async () => {
    const unimplemented = (what: string) => ({
      code: 12,
      message: `RangeStream does not support ${what}`,
    });
    await expect(chunksOf({ ...ALL, sortTarget: 3 })).rejects.toMatchObject(
      unimplemented('custom sort orders'),
    );
    await expect(chunksOf({ ...ALL, minModRevision: 2n })).rejects.toMatchObject(
      unimplemented('revision filters'),
    );
    await expect(chunksOf({})).rejects.toMatchObject({
      message: 'etcdserver: key is not provided',
    });
  });

  it('fails when its revision is compacted', async () => {
    await kv().compact(CompactionRequest.create({ revision: 50n }));
    await expect(chunksOf({ ...ALL, revision: 10n })).rejects.toMatchObject({ code: 11 });
  });
});

describe('a Range', () => {
  const CASES = 400;
  const rng = new SeededRng(8);
  const pick = <T>(...choices: readonly T[]): T => must(choices[rng.below(choices.length)], 'one');
  const someKey = (): Buffer => Buffer.from(`k${rng.below(30)}`);
  let served: ServedMember;

  /** Keys with histories, leases and tombstones, of which the older part is compacted. */
  beforeAll(async () => {
    served = await ServedMember.start();
    const kv = served.connection.service(KVDefinition);
    const lease = { ID: 7n, TTL: 3600n };
    await served.connection.service(LeaseDefinition).leaseGrant(lease);
    for (let at = 0; at < 200; at++) {
      const key = someKey();
      if (rng.below(4) === 0) await kv.deleteRange({ key, rangeEnd: Buffer.of(), prevKv: false });
      else {
        const value = Buffer.alloc(pick(0, 1, 300), 'v');
        await kv.put(PutRequest.create({ key, value, lease: pick(0n, 0n, 7n) }));
      }
    }
    await kv.compact(CompactionRequest.create({ revision: 60n, physical: true }));
  });
  afterAll(() => served.dispose());

  const someRange = (): RangeRequest => {
    const filter = (): bigint => (rng.below(6) === 0 ? BigInt(rng.below(200)) : 0n);
    return RangeRequest.create({
      key: pick(someKey(), Buffer.of(0)),
      rangeEnd: pick(Buffer.of(), Buffer.of(0), Buffer.from('k2')),
      limit: pick(0n, 0n, 1n, 5n),
      revision: rng.below(3) === 0 ? BigInt(rng.below(205)) : 0n,
      sortOrder: pick(0, 0, 1, 2),
      sortTarget: pick(0, 0, 1, 2, 3, 4),
      serializable: pick(false, true),
      keysOnly: rng.below(4) === 0,
      countOnly: rng.below(6) === 0,
      minModRevision: filter(),
      maxModRevision: filter(),
      minCreateRevision: filter(),
      maxCreateRevision: filter(),
    });
  };
  const callRange = (request: RangeRequest) =>
    new DirectCalls(served.services).call(
      '/etcdserverpb.KV/Range',
      RangeRequest.encode(request).finish(),
      { metadata: {} },
    );

  it('is answered by the bytes that the generated code makes of its objects', async () => {
    let refused = 0;
    for (let at = 0; at < CASES; at++) {
      const request = someRange();
      const { server } = served.member;
      const expected = await server.keyValues.range(request).then(
        (response) => RangeResponse.encode(withHeader(server.facts, response)).finish(),
        () => undefined,
      );
      const { code, response } = await callRange(request);
      if (expected === undefined) {
        refused++;
        expect(code).toBe(11);
      } else expect(Buffer.compare(response ?? Buffer.of(), expected)).toBe(0);
    }
    expect(refused).toBeGreaterThan(CASES / 50);
    expect(refused).toBeLessThan(CASES / 2);
  });
});
