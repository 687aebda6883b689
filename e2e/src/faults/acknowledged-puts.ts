import { RpcClient, type EtcdProcess } from '@etcd-ts/testkit';
import { KVDefinition, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

const { put, range } = KVDefinition.methods;

/** Puts that were answered, to be looked for after whatever happens to the node. */
export class AcknowledgedPuts {
  readonly #revisions = new Map<string, number>();
  readonly #valueBytes: number;

  constructor(valueBytes = 100) {
    this.#valueBytes = valueBytes;
  }

  get count(): number {
    return this.#revisions.size;
  }

  /** Puts one new key after the other until the limit or the first error, which it gives. */
  async putUntilRefused(node: EtcdProcess, limit: number): Promise<string | undefined> {
    const client = new RpcClient(node.endpoint);
    try {
      for (let i = 0; i < limit; i++) {
        const key = `key-${this.#revisions.size}`;
        const request = PutRequest.fromPartial({ key: Buffer.from(key), value: this.#value(key) });
        const outcome = await client.unary(KVDefinition, put, request, { deadlineMs: 10_000 });
        if (outcome.kind === 'error') return outcome.message;
        this.#revisions.set(key, Number(outcome.response.header?.revision ?? 0n));
      }
      return undefined;
    } finally {
      client.close();
    }
  }

  /** Everything the node has lost or changed; empty when it kept its promises. */
  async missingIn(node: EtcdProcess): Promise<readonly string[]> {
    const client = new RpcClient(node.endpoint);
    const missing: string[] = [];
    try {
      for (const [key, revision] of this.#revisions) {
        const request = RangeRequest.fromPartial({ key: Buffer.from(key) });
        const outcome = await client.unary(KVDefinition, range, request);
        const kv = outcome.kind === 'ok' ? outcome.response.kvs[0] : undefined;
        const kept =
          kv !== undefined &&
          Number(kv.modRevision) === revision &&
          kv.value.equals(this.#value(key));
        if (!kept) missing.push(outcome.kind === 'ok' ? key : `${key}: ${outcome.message}`);
      }
      return missing;
    } finally {
      client.close();
    }
  }

  #value(key: string): Buffer {
    return Buffer.alloc(this.#valueBytes, key);
  }
}
