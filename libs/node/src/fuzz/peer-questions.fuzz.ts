import { assert, MemberId, Revision, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, anyText, edgeInt64, mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { createHttpServer, peerListener } from '@etcd-ts/http-gateway';
import type { NodeStatus } from '@etcd-ts/http-gateway';
import { decodeMembers, encodeMembers, NO_DOWNGRADE } from '@etcd-ts/membership';
import type { Member } from '@etcd-ts/membership';
import { converse, repliesIn } from '@etcd-ts/memory-http';
import type { MemoryReply } from '@etcd-ts/memory-http';
import {
  ERRORS,
  LeaseInternalRequest,
  LeaseInternalResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
} from '@etcd-ts/wire-protocol';
import { peerOperations } from '../peer-operations.js';
import type { AskedServer } from '../peer-operations.js';

const CASES = 40;
export const shareCases = 600;
const CLUSTER = 'cdf818194e3a8c32';
const PATHS = [
  '/leases',
  '/leases',
  '/leases/internal',
  '/leases/internal',
  '/members/hashkv',
  '/members/hashkv',
  '/members/promote/8211f1d0f64f3269',
  '/members/promote/9372538179322589801',
  '/members',
  '/version',
  '/downgrade/enabled',
];
/** 500: of a promotion that failed for another reason than those it may have. */
const STATUSES = new Set([200, 301, 400, 404, 405, 408, 412, 413, 500]);
const LEASE_ERRORS = [ERRORS.LeaseNotFound, ERRORS.Timeout, ERRORS.NotLeader, ERRORS.Unhealthy];
const OTHER_ERRORS = [ERRORS.MemberNotFound, ERRORS.LearnerNotReady, ERRORS.Compacted];
const MEMBERS: readonly Member[] = [
  {
    id: MemberId(9372538179322589801n),
    name: 'a',
    peerUrls: ['http://10.0.0.1:2380'],
    clientUrls: [],
    isLearner: false,
  },
];

/** What of a node is asked for. */
const VERSIONS: Partial<NodeStatus> = {
  serverVersion: '3.7.0',
  clusterVersion: () => '3.7.0',
  storageVersion: () => '3.7.0',
};

/** What a member asks another but for raft: an answer of etcd's, which the one who asked can read. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const faults: unknown[] = [];
  const http = serverOf(rng, faults);
  for (let i = 0; i < CASES; i++) {
    const { target, bytes } = request(rng);
    try {
      const said = await converse(http, bytes);
      assert(said.ended, 'no end');
      for (const reply of repliesIn(said.bytes)) checkReply(target, reply);
      if (faults.length > 0) throw faults[0] as Error;
    } catch (error) {
      const shown = JSON.stringify(bytes.toString('latin1')).slice(0, 600);
      throw new Error(`request ${i}: ${shown}`, { cause: error });
    }
  }
  http.closeAllConnections();
  return CASES;
}

function serverOf(rng: Rng, faults: unknown[]): ReturnType<typeof createHttpServer> {
  const logger = {
    ...SILENT_LOGGER,
    error: (message: string, fields?: object) =>
      void faults.push(new Error(`${message}: ${JSON.stringify(fields)}`)),
  };
  return createHttpServer(
    peerListener({
      node: VERSIONS as NodeStatus,
      logger,
      operations: peerOperations(answeringServer(rng)),
      clusterId: () => CLUSTER,
      members: () => encodeMembers(MEMBERS),
    }),
  );
}

/** Answers anything, and refuses now and then. */
function answeringServer(rng: Rng): AskedServer {
  const mayRefuse = async (errors: typeof LEASE_ERRORS): Promise<void> => {
    if (rng.below(3) === 0) throw pick(rng, errors).error();
  };
  return {
    cluster: {
      promoteMemberHere: () => mayRefuse(OTHER_ERRORS),
      knownMembers: () => MEMBERS,
    },
    leases: {
      renewHere: async () => (await mayRefuse(LEASE_ERRORS), rng.below(100)),
      timeToLiveHere: async ({ ID }) => {
        await mayRefuse(LEASE_ERRORS);
        return { header: undefined, ID, TTL: 3n, grantedTTL: 5n, keys: [] };
      },
    },
    maintenance: {
      hashKv: async (revision) => {
        assert(Number.isSafeInteger(revision), 'a revision that is no number');
        await mayRefuse(OTHER_ERRORS);
        return { hash: 1, compactRevision: -1, hashRevision: revision, revision: Revision(7) };
      },
      downgradeInfo: async () => NO_DOWNGRADE,
    },
  };
}

function request(rng: Rng): { readonly target: string; readonly bytes: Buffer } {
  const path = pick(rng, PATHS);
  const target = rng.below(6) === 0 ? `/${visible(mutateText(rng, path, ODD_WORDS))}` : path;
  const isRead = /^\/(?:members|version|downgrade)/u.test(path) && !path.includes('promote');
  const method = rng.below(8) === 0 ? pick(rng, ['GET', 'POST', 'PUT']) : isRead ? 'GET' : 'POST';
  const body = bodyOf(rng, path);
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`];
  if (rng.below(3) === 0) {
    lines.push(
      `X-Etcd-Cluster-Id: ${visible(rng.below(3) === 0 ? anyText(rng, CLUSTER) : CLUSTER)}`,
    );
  }
  return { target, bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]) };
}

function bodyOf(rng: Rng, path: string): Buffer {
  const ID = edgeInt64(rng);
  if (rng.below(200) === 0) return Buffer.alloc(70_000, rng.below(256));
  switch (path) {
    case '/leases':
      return anyBytes(rng, LeaseKeepAliveRequest.encode({ ID }).finish());
    case '/leases/internal': {
      const LeaseTimeToLiveRequest = { ID, keys: rng.below(2) === 0 };
      return anyBytes(rng, LeaseInternalRequest.encode({ LeaseTimeToLiveRequest }).finish());
    }
    case '/members/hashkv':
      return Buffer.from(anyText(rng, `{"revision":${ID}}`, ODD_WORDS));
    default:
      return rng.below(4) === 0 ? anyBytes(rng, Buffer.from('{}')) : Buffer.alloc(0);
  }
}

const visible = (text: string): string => text.replaceAll(/[^!-~]/gu, '_');

/** As the member that asked reads it. */
function checkReply(target: string, { status, body, headers, whole }: MemoryReply): void {
  assert(whole, 'an answer without its end');
  assert(STATUSES.has(status), () => `status ${status}: ${body.toString()}`);
  const isPromotion = target.startsWith('/members/promote/');
  assert(status !== 500 || isPromotion, () => `a fault: ${body.toString()}`);
  if (status !== 200) return;
  const type = headers.get('content-type') ?? '';
  if (target === '/leases') LeaseKeepAliveResponse.decode(body);
  if (target === '/leases/internal') LeaseInternalResponse.decode(body);
  if (target === '/members' || isPromotion) decodeMembers(body.toString());
  if (type.includes('json')) JSON.parse(body.toString());
}
