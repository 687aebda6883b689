import type { IncomingMessage, RequestListener } from 'node:http';
import type { Logger } from '@etcd-ts/foundation';
import type { Answer } from './answer.js';
import { failure, json, notFound, text } from './answer.js';
import { listener, onGet, respond } from './listener.js';
import type { NodeStatus } from './node-status.js';
import { version } from './pages.js';
import { readBody } from './request-body.js';

/** Of what one member asks another: a lease, or a revision. */
const MAX_BODY_BYTES = 64 * 1024;

/** What a member does for others that take it for the leader, or check on it. */
export interface PeerOperations {
  /** Whether a downgrade is under way, as the whole cluster knows it. */
  downgradeEnabled(): Promise<boolean>;
  /** The members after it, as a JSON array; else etcd's answer to the refusal. */
  promote(id: bigint): Promise<Answer>;
  /** LeaseKeepAliveRequest to LeaseKeepAliveResponse, or etcd's answer to the refusal. */
  renewLease(body: Uint8Array): Promise<Answer>;
  /** LeaseInternalRequest to LeaseInternalResponse, or etcd's answer to the refusal. */
  leaseTimes(body: Uint8Array): Promise<Answer>;
  /** The hash of that revision as JSON, or etcd's answer to the refusal. */
  hashKv(revision: number): Promise<Answer>;
}

/** The member list and version, for other members that join or meet this one. */
export interface PeerFace {
  readonly node: NodeStatus;
  readonly logger: Logger;
  readonly operations: PeerOperations;
  /** Lower-case hexadecimal. */
  clusterId(): string;
  /** The members as a JSON array, sorted by id, ids as bare 64-bit numbers. */
  members(): string;
}

/** What a peer URL serves besides raft: who is in the cluster, and what only the leader can do. */
export function peerListener(face: PeerFace): RequestListener {
  const withCluster = (answer: Answer): Answer => ({
    ...answer,
    headers: { ...answer.headers, 'X-Etcd-Cluster-Id': face.clusterId() },
  });
  const simple = listener(face.logger, (request) =>
    respond(request, ({ path }) => {
      if (path === '/version') return onGet(() => version(face.node));
      if (path === '/members') return onGet(() => withCluster(json(`${face.members()}\n`)));
      if (path !== '/downgrade/enabled') return undefined;
      return onGet(async () => withCluster(text(String(await face.operations.downgradeEnabled()))));
    }),
  );
  const withBody = listener(
    face.logger,
    async (request) => {
      const answer = await answerBody(face, request);
      return saysCluster(pathOf(request), answer) ? withCluster(answer) : answer;
    },
    'read',
  );
  return (request, response) => {
    const path = pathOf(request);
    (takesBody(path) ? withBody : simple)(request, response);
  };
}

const PROMOTE = '/members/promote/';

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').replace(/[?#].*$/su, '');
}

function takesBody(path: string): boolean {
  return path.startsWith('/leases') || path === '/members/hashkv' || path.startsWith(PROMOTE);
}

/** As etcd: whoever asks for a lease is not told, whoever asks for a hash only with the hash. */
function saysCluster(path: string, { status }: Answer): boolean {
  if (path.startsWith(PROMOTE)) return status !== 405;
  return path === '/members/hashkv' && status === 200;
}

async function answerBody(face: PeerFace, request: IncomingMessage): Promise<Answer> {
  const path = pathOf(request);
  const method = path === '/members/hashkv' ? 'GET' : 'POST';
  if (request.method !== method) {
    request.resume();
    return failure(405, 'Method Not Allowed', path.startsWith('/leases') ? {} : { Allow: method });
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === 'tooLarge') return failure(413, 'http: request body too large');
  const { operations } = face;
  if (path === '/leases') return operations.renewLease(body);
  if (path === '/leases/internal') return operations.leaseTimes(body);
  if (path === '/members/hashkv') return hashKv(face, request, body);
  if (path.startsWith(PROMOTE)) return promote(operations, path.slice(PROMOTE.length));
  return notFound();
}

async function promote(operations: PeerOperations, id: string): Promise<Answer> {
  const number = /^\d{1,20}$/u.test(id) ? BigInt(id) : undefined;
  if (number === undefined || number >= 1n << 64n) {
    return failure(404, `member ${id} not found in cluster`);
  }
  return operations.promote(number);
}

/** Members of different clusters may sit at one address in the end: comparing would alarm for nothing. */
async function hashKv(face: PeerFace, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const cluster = request.headers['x-etcd-cluster-id'];
  if (cluster !== undefined && cluster !== face.clusterId()) {
    return failure(412, 'cluster ID mismatch');
  }
  const revision = revisionIn(body);
  if (revision === undefined) return failure(400, 'error unmarshalling request');
  return face.operations.hashKv(revision);
}

function revisionIn(body: Buffer): number | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const revision = 'revision' in parsed ? parsed.revision : 0;
    return Number.isSafeInteger(revision) ? (revision as number) : undefined;
  } catch {
    return undefined;
  }
}
