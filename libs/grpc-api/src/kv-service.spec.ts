import { CompactionRequest, KVDefinition, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';
import type { RangeResponse } from '@etcd-ts/wire-protocol';

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
