import type { Rng } from '@etcd-ts/foundation';
import type { Method, Outcome, RpcClient, Service } from '@etcd-ts/testkit';
import {
  DeleteRangeRequest,
  KVDefinition,
  LeaseDefinition,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  TxnRequest,
  type ResponseHeader,
} from '@etcd-ts/wire-protocol';

import type { Attempt, Ledger, Write } from './ledger.js';
import { Violation } from './violation.js';

const { put, deleteRange, txn } = KVDefinition.methods;
const { leaseGrant, leaseRevoke } = LeaseDefinition.methods;
/** Far beyond a run: expiry would delete keys without a request. */
const LEASE_TTL_SECONDS = 100_000;
const DEADLINE_MS = 5_000;
/** What a call ends with when the process dies under it: the request may have happened. */
const INCONCLUSIVE_CODES = new Set([1, 2, 4, 13, 14]);

export interface LeaseRecord {
  readonly id: bigint;
  keys: string[];
  state: 'held' | 'revoked' | 'unknown';
}

/**
 * One client that writes, one request after the other, until its node is gone. It only deletes
 * what it knows to be there, so each of its requests changes exactly the keys it names.
 */
export class Writer {
  readonly leases: LeaseRecord[] = [];
  readonly #name: string;
  readonly #client: RpcClient;
  readonly #ledger: Ledger;
  readonly #rng: Rng;
  #written = 0;
  #deletable: string[] = [];

  constructor(name: string, client: RpcClient, ledger: Ledger, rng: Rng) {
    this.#name = name;
    this.#client = client;
    this.#ledger = ledger;
    this.#rng = rng;
  }

  /** Writes until a request gets no answer. */
  async run(): Promise<void> {
    for (;;) if (!(await this.#one())) return;
  }

  #one(): Promise<boolean> {
    const choice = this.#rng.next();
    if (choice < 0.6) return this.#put();
    if (choice < 0.7) return this.#overwrite();
    if (choice < 0.85) return this.#txn();
    if (choice < 0.93) return this.#delete();
    return this.#lease();
  }

  async #put(): Promise<boolean> {
    const write = this.#fresh();
    const done = await this.#send([write], () => this.#call(KVDefinition, put, putRequest(write)));
    if (done) this.#deletable.push(write.key);
    return done;
  }

  #overwrite(): Promise<boolean> {
    const write = { ...this.#fresh(), key: `${this.#name}/register` };
    return this.#send([write], () => this.#call(KVDefinition, put, putRequest(write)));
  }

  async #txn(): Promise<boolean> {
    const victim = this.#deletable.pop();
    const writes: Write[] = [this.#fresh(), this.#fresh(), this.#fresh()];
    if (victim !== undefined) writes.push({ key: victim });
    const request = TxnRequest.fromPartial({
      success: writes.map((write) => ({
        request:
          write.value === undefined
            ? { $case: 'requestDeleteRange', value: { key: Buffer.from(write.key) } }
            : { $case: 'requestPut', value: putRequest(write) },
      })),
    });
    return this.#send(writes, () => this.#call(KVDefinition, txn, request));
  }

  async #delete(): Promise<boolean> {
    const key = this.#deletable.pop();
    if (key === undefined) return this.#put();
    const request = DeleteRangeRequest.fromPartial({ key: Buffer.from(key) });
    return this.#send([{ key }], () => this.#call(KVDefinition, deleteRange, request));
  }

  /** Grants a lease, or gives the newest a key, or revokes it with all its keys. */
  async #lease(): Promise<boolean> {
    const lease = this.leases.at(-1);
    if (lease?.state !== 'held') return this.#grant();
    if (lease.keys.length < 3) return this.#putLeased(lease);
    lease.state = 'unknown';
    const writes = lease.keys.map((key) => ({ key }));
    const request = LeaseRevokeRequest.fromPartial({ ID: lease.id });
    const done = await this.#send(writes, () => this.#call(LeaseDefinition, leaseRevoke, request));
    if (done) lease.state = 'revoked';
    return done;
  }

  async #grant(): Promise<boolean> {
    const lease: LeaseRecord = { id: leaseId(this.#rng), keys: [], state: 'unknown' };
    this.leases.push(lease);
    const outcome = await this.#call(
      LeaseDefinition,
      leaseGrant,
      LeaseGrantRequest.fromPartial({ ID: lease.id, TTL: BigInt(LEASE_TTL_SECONDS) }),
    );
    if (outcome === undefined) return false;
    lease.state = 'held';
    return true;
  }

  async #putLeased(lease: LeaseRecord): Promise<boolean> {
    const write = this.#fresh();
    const request = { ...putRequest(write), lease: lease.id };
    const done = await this.#send([write], () => this.#call(KVDefinition, put, request));
    if (done) lease.keys.push(write.key);
    else lease.state = 'unknown';
    return done;
  }

  #fresh(): { key: string; value: string } {
    const number = this.#written++;
    const padding = 'x'.repeat(this.#rng.below(200));
    return { key: `${this.#name}/${number}`, value: `${this.#name}:${number}:${padding}` };
  }

  async #send(
    writes: readonly Write[],
    request: () => Promise<{ readonly header?: ResponseHeader | undefined } | undefined>,
  ): Promise<boolean> {
    const attempt: Attempt = this.#ledger.begin(`${this.#name} ${JSON.stringify(writes)}`, writes);
    const response = await request();
    if (response === undefined) return false;
    this.#ledger.acknowledge(attempt, Number(response.header?.revision ?? 0n));
    return true;
  }

  /** The answer, or undefined when the node went away; any other error is a broken promise. */
  async #call<Request, Response>(
    service: Service,
    method: Method<Request, Response>,
    request: Request,
  ): Promise<Response | undefined> {
    const outcome: Outcome<Response> = await this.#client.unary(service, method, request, {
      deadlineMs: DEADLINE_MS,
    });
    if (outcome.kind === 'ok') return outcome.response;
    if (INCONCLUSIVE_CODES.has(outcome.code)) return undefined;
    throw new Violation(`refused with code ${outcome.code}: ${outcome.message}`);
  }
}

function putRequest({ key, value }: Write): PutRequest {
  return PutRequest.fromPartial({ key: Buffer.from(key), value: Buffer.from(value ?? '') });
}

function leaseId(rng: Rng): bigint {
  return BigInt(1 + rng.below(2 ** 31)) * 2n ** 20n + BigInt(rng.below(2 ** 20));
}
