import { Etcd3, type IOptions } from 'etcd3';

import { Client } from '@etcd-ts/client';
import { deleteResult, putResult, rangeResult, type Operation } from '@etcd-ts/checker';
import { DeleteRangeResponse, PutResponse, RangeResponse } from '@etcd-ts/wire-protocol';
import type { ClusterMember } from '@etcd-ts/testkit';

import type { Caller } from '../../cluster/load/cluster-load.js';
import { call, refusal, type CallEnd } from '../../cluster/load/operation-call.js';

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/** Of cockatiel's policies etcd3 uses nothing but this: whatever happens, once. */
const ONCE = {
  execute: (attempt: (context: object) => unknown) => attempt({}),
} as unknown as Policy;

type Answered = Extract<CallEnd, { kind: 'ok' }>;

/** Reads, puts and deletes of single keys; the rest goes the usual way. */
async function through(
  member: ClusterMember,
  operation: Operation,
  deadlineMs: number,
  send: (operation: Operation) => Promise<Answered> | undefined,
): Promise<CallEnd> {
  const sent = send(operation);
  if (sent === undefined) return call(member.client, operation, deadlineMs);
  try {
    return await sent;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // etcd3 and gRPC put the code before the text.
    return refusal(operation, text.replace(/^\d+ [A-Z_]+: /u, ''));
  }
}

/** libs/client: one client a member, so that the history knows who answered. */
export class OwnClients {
  readonly #clients = new Map<string, Client>();

  readonly call: Caller = (member, operation, deadlineMs) => {
    const { kv } = this.#clientOf(member);
    const options = { signal: AbortSignal.timeout(deadlineMs) };
    return through(member, operation, deadlineMs, (asked) => {
      switch (asked.kind) {
        case 'range':
          if (asked.rangeEnd !== undefined || asked.revision !== undefined) return undefined;
          return kv
            .range(asked.key, options)
            .then((answer) => answered(answer, rangeResult(asked, answer)));
        case 'put':
          if (asked.lease !== undefined || asked.prevKv === true) return undefined;
          return kv
            .put(asked.key, asked.value, options)
            .then((answer) => answered(answer, putResult(asked, answer)));
        case 'deleteRange':
          if (asked.rangeEnd !== undefined || asked.prevKv === true) return undefined;
          return kv
            .delete(asked.key, options)
            .then((answer) => answered(answer, deleteResult(asked, answer)));
        default:
          return undefined;
      }
    });
  };

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #clientOf({ endpoint }: ClusterMember): Client {
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const client = new Client({ endpoints: [endpoint] });
    this.#clients.set(endpoint, client);
    return client;
  }
}

/** The npm client etcd3, whose answers are the messages in the names of their proto file. */
export class Etcd3Clients {
  readonly #clients = new Map<string, Etcd3>();

  readonly call: Caller = (member, operation, deadlineMs) => {
    const { kv } = this.#clientOf(member);
    const options = { deadline: Date.now() + deadlineMs };
    return through(member, operation, deadlineMs, (asked) => {
      if (!('key' in asked)) return undefined;
      const key = Buffer.from(asked.key, 'latin1');
      if (asked.kind === 'range' && asked.rangeEnd === undefined && asked.revision === undefined) {
        return kv.range({ key, serializable: asked.serializable ?? false }, options).then((got) => {
          const answer = RangeResponse.fromPartial({
            header: { revision: BigInt(got.header.revision) },
            kvs: got.kvs.map((shown) => ({
              key: shown.key,
              value: shown.value,
              createRevision: BigInt(shown.create_revision),
              modRevision: BigInt(shown.mod_revision),
              version: BigInt(shown.version),
              lease: BigInt(shown.lease),
            })),
            count: BigInt(got.count),
          });
          return answered(answer, rangeResult(asked, answer));
        });
      }
      if (asked.kind === 'put' && asked.lease === undefined && asked.prevKv !== true) {
        return kv.put({ key, value: Buffer.from(asked.value, 'latin1') }, options).then((got) => {
          const answer = PutResponse.fromPartial({
            header: { revision: BigInt(got.header.revision) },
          });
          return answered(answer, putResult(asked, answer));
        });
      }
      if (asked.kind === 'deleteRange' && asked.rangeEnd === undefined && asked.prevKv !== true) {
        return kv.deleteRange({ key }, options).then((got) => {
          const answer = DeleteRangeResponse.fromPartial({
            header: { revision: BigInt(got.header.revision) },
            deleted: BigInt(got.deleted),
          });
          return answered(answer, deleteResult(asked, answer));
        });
      }
      return undefined;
    });
  };

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  #clientOf({ endpoint }: ClusterMember): Etcd3 {
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    // By itself it tries again what may have been done, which is how jetcd lost updates.
    const faultHandling = { host: () => ONCE, global: ONCE };
    const client = new Etcd3({ hosts: endpoint, faultHandling });
    this.#clients.set(endpoint, client);
    return client;
  }
}

function answered(
  { header }: { readonly header?: { readonly revision: bigint } | undefined },
  result: Answered['result'],
): Answered {
  return { kind: 'ok', revision: Number(header?.revision ?? 0n), result };
}
