import type { BoundMethod, CallContext } from '@etcd-ts/rpc';
import type { EtcdError } from '@etcd-ts/wire-protocol';
import { GrpcStatus, TxnRequest } from '@etcd-ts/wire-protocol';
import { must } from '@etcd-ts/foundation';
import { JsonCalls } from './json-calls.js';
import { JSON_ROUTES } from './routes.js';

const CALL = { method: '', metadata: {}, signal: new AbortController().signal } as CallContext;
const OBSERVER = {
  started: () => undefined,
  handled: () => undefined,
  messageReceived: () => undefined,
  messageSent: () => undefined,
};

/** What becomes of one unary call: the bytes that its handler got, or the refusal. */
async function outcomeOf(path: string, json: string): Promise<Uint8Array | EtcdError> {
  let got: Uint8Array = Buffer.alloc(0);
  const methods = [...JSON_ROUTES.values()].map(({ method }): BoundMethod => ({
    service: 'all',
    method,
    path: method,
    type: 'unary',
    handle: (request) => {
      got = request;
      return Buffer.alloc(0);
    },
  }));
  const calls = new JsonCalls({
    services: [{ fullName: 'all', methods }],
    maxMessageBytes: 1_000_000,
    observer: { method: () => OBSERVER },
  });
  let refused: EtcdError | undefined;
  async function* input(): AsyncGenerator<string> {
    yield json;
  }
  await calls.run(must(calls.find(path), path), input(), CALL, {
    answer: () => undefined,
    refuse: (error) => (refused = error),
    write: () => true,
    drained: () => Promise.resolve(),
    end: () => undefined,
  });
  return refused ?? got;
}

/** Transactions within each other; each is three levels of JSON. */
const nested = (depth: number): string =>
  `${'{"success":[{"request_txn":'.repeat(depth)}{}${'}]}'.repeat(depth)}`;

describe('a message within a message', () => {
  it('arrives, as deep as anybody needs', async () => {
    const got = await outcomeOf('/v3/kv/txn', nested(33));
    expect(TxnRequest.decode(got as Uint8Array).success).toHaveLength(1);
  });

  it.each([34, 3_000, 30_000])('is refused %d deep', async (depth) => {
    expect(await outcomeOf('/v3/kv/txn', nested(depth))).toMatchObject({
      code: GrpcStatus.InvalidArgument,
      message: 'proto: exceeded max recursion depth',
    });
  });
});
