import { lookup } from 'node:dns/promises';
import type { ConnectionOptions } from 'node:tls';
import { ClusterId, hexId } from '@etcd-ts/foundation';
import type { LeaseId, Logger, MemberId } from '@etcd-ts/foundation';
import { decodeMembers } from '@etcd-ts/membership';
import type { Member } from '@etcd-ts/membership';
import {
  ERRORS,
  LeaseInternalRequest,
  LeaseInternalResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
} from '@etcd-ts/wire-protocol';
import type {
  EtcdError,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from '@etcd-ts/wire-protocol';
import { exchange } from './http-exchange.js';
import type { HttpAnswer, HttpCall } from './http-exchange.js';

export interface PeerHttpCallsOptions {
  /** For peers with https URLs, asked for each connection. */
  readonly tls?: () => ConnectionOptions;
  readonly logger: Logger;
}

/**
 * Questions to other members over HTTP on their peer ports, outside of raft. Each tries the URLs in
 * order and is undefined when none gives a usable answer.
 */
export class PeerHttpCalls {
  readonly #options: PeerHttpCallsOptions;

  constructor(options: PeerHttpCallsOptions) {
    this.#options = options;
  }

  /** The address behind a host name, as the system finds it. */
  readonly lookup = async (host: string): Promise<string | undefined> => {
    try {
      return (await lookup(host)).address;
    } catch (error) {
      this.#options.logger.warn('failed to resolve URL Host', { host, error: text(error) });
      return undefined;
    }
  };

  /** GET /members. */
  cluster(
    urls: readonly string[],
    timeoutMs: number,
  ): Promise<{ readonly clusterId: ClusterId; readonly members: readonly Member[] } | undefined> {
    return this.#first(urls, { method: 'GET', path: '/members' }, timeoutMs, (answer) => {
      expectOk(answer);
      const id = answer.headers['x-etcd-cluster-id'];
      if (typeof id !== 'string' || !/^[0-9a-f]{1,16}$/iu.test(id)) {
        throw new Error('no cluster id in the answer');
      }
      return {
        clusterId: ClusterId(BigInt(`0x${id}`)),
        members: decodeMembers(answer.body.toString('utf8')),
      };
    });
  }

  /** GET /version. */
  versions(
    urls: readonly string[],
    timeoutMs: number,
  ): Promise<{ readonly server: string; readonly cluster: string } | undefined> {
    return this.#first(urls, { method: 'GET', path: '/version' }, timeoutMs, (answer) => {
      expectOk(answer);
      const parsed = JSON.parse(answer.body.toString('utf8')) as Readonly<Record<string, unknown>>;
      const { etcdserver, etcdcluster } = parsed;
      if (typeof etcdserver !== 'string' || typeof etcdcluster !== 'string') {
        throw new Error('no versions in the answer');
      }
      return { server: etcdserver, cluster: etcdcluster };
    });
  }

  /** POST /members/promote/ID on the leader. True when done; rejects with its refusal. */
  promote(urls: readonly string[], id: MemberId, timeoutMs: number): Promise<true | undefined> {
    const call: HttpCall = { method: 'POST', path: `/members/promote/${id}` };
    return this.#first(urls, call, timeoutMs, (answer) => {
      const said = answer.body.toString('utf8');
      if (answer.status === 404) throw new Refusal(ERRORS.MemberNotFound.error());
      if (answer.status === 412) {
        const notReady = said.includes('in sync with leader');
        throw new Refusal((notReady ? ERRORS.LearnerNotReady : ERRORS.MemberNotLearner).error());
      }
      expectOk(answer);
      return true;
    });
  }

  /** POST /leases on the leader: the renewed TTL in seconds. Rejects with LeaseNotFound. */
  renewLease(urls: readonly string[], id: LeaseId, timeoutMs: number): Promise<number | undefined> {
    const body = LeaseKeepAliveRequest.encode({ ID: id }).finish();
    return this.#first(urls, protobufPost('/leases', body), timeoutMs, (answer) => {
      refuseUnknownLease(answer);
      return Number(LeaseKeepAliveResponse.decode(answer.body).TTL);
    });
  }

  /** POST /leases/internal on the leader. The answer has no header of this member. */
  leaseTimes(
    urls: readonly string[],
    request: LeaseTimeToLiveRequest,
    timeoutMs: number,
  ): Promise<LeaseTimeToLiveResponse | undefined> {
    const body = LeaseInternalRequest.encode({ LeaseTimeToLiveRequest: request }).finish();
    return this.#first(urls, protobufPost('/leases/internal', body), timeoutMs, (answer) => {
      refuseUnknownLease(answer);
      const { LeaseTimeToLiveResponse: times } = LeaseInternalResponse.decode(answer.body);
      if (times === undefined) throw new Error('no lease in the answer');
      return { ...times, header: undefined };
    });
  }

  /** GET /members/hashkv. Rejects with Compacted or FutureRev. */
  hashKv(
    urls: readonly string[],
    clusterId: ClusterId,
    revision: number,
    timeoutMs: number,
  ): Promise<PeerHash | undefined> {
    const call: HttpCall = {
      method: 'GET',
      path: '/members/hashkv',
      headers: { 'Content-Type': 'application/json', 'X-Etcd-Cluster-ID': hexId(clusterId) },
      body: Buffer.from(JSON.stringify({ revision })),
    };
    return this.#first(urls, call, timeoutMs, (answer) => {
      const said = answer.body.toString('utf8');
      if (answer.status === 400 && said.includes(ERRORS.Compacted.message.slice(12))) {
        throw new Refusal(ERRORS.Compacted.error());
      }
      if (answer.status === 400 && said.includes(ERRORS.FutureRev.message.slice(12))) {
        throw new Refusal(ERRORS.FutureRev.error());
      }
      expectOk(answer);
      return readHash(JSON.parse(said));
    });
  }

  async #first<T>(
    urls: readonly string[],
    call: HttpCall,
    timeoutMs: number,
    read: (answer: HttpAnswer) => T,
  ): Promise<T | undefined> {
    for (const url of urls) {
      try {
        return read(await exchange(url, call, timeoutMs, this.#options.tls?.()));
      } catch (error) {
        if (error instanceof Refusal) throw error.reason;
        this.#options.logger.warn('failed to get an answer from a peer', {
          address: url + call.path,
          error: text(error),
        });
      }
    }
    return undefined;
  }
}

export interface PeerHash {
  readonly hash: number;
  /** -1 when never compacted. */
  readonly compactRevision: number;
  /** Of the store when the hash was taken. */
  readonly revision: number;
}

/** A peer's answer that is final, however many other URLs it has. */
class Refusal extends Error {
  readonly reason: EtcdError;

  constructor(reason: EtcdError) {
    super(reason.message);
    this.reason = reason;
  }
}

function protobufPost(path: string, body: Uint8Array): HttpCall {
  return { method: 'POST', path, headers: { 'Content-Type': 'application/protobuf' }, body };
}

function expectOk({ status, body }: HttpAnswer): void {
  if (status === 200) return;
  throw new Error(`status ${status}: ${body.toString('utf8').slice(0, 200).trim()}`);
}

function refuseUnknownLease(answer: HttpAnswer): void {
  if (answer.status === 404 && answer.body.includes('lease not found')) {
    throw new Refusal(ERRORS.LeaseNotFound.error());
  }
  expectOk(answer);
}

/** Go leaves zeros out. */
function readHash(parsed: unknown): PeerHash {
  const fields = parsed as Readonly<Record<string, unknown>>;
  const header = (fields['header'] ?? {}) as Readonly<Record<string, unknown>>;
  const number = (value: unknown): number => (value === undefined ? 0 : Number(value));
  const hash = {
    hash: number(fields['hash']),
    compactRevision: number(fields['compact_revision']),
    revision: number(header['revision']),
  };
  if (Object.values(hash).some(Number.isNaN)) throw new Error('no hash in the answer');
  return hash;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
