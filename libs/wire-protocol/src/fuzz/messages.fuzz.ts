import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, pick } from '@etcd-ts/fuzzing';
import * as authpb from '../generated/authpb/auth.pb.js';
import * as auth from '../generated/etcdserverpb/auth.pb.js';
import * as cluster from '../generated/etcdserverpb/cluster.pb.js';
import * as v2 from '../generated/etcdserverpb/etcdserver.pb.js';
import * as header from '../generated/etcdserverpb/header.pb.js';
import * as kv from '../generated/etcdserverpb/kv.pb.js';
import * as lease from '../generated/etcdserverpb/lease.pb.js';
import * as maintenance from '../generated/etcdserverpb/maintenance.pb.js';
import * as internal from '../generated/etcdserverpb/raft_internal.pb.js';
import * as watch from '../generated/etcdserverpb/watch.pb.js';
import * as health from '../generated/grpc/health/v1/health.pb.js';
import * as leasepb from '../generated/leasepb/lease.pb.js';
import * as membershippb from '../generated/membershippb/membership.pb.js';
import * as mvccpb from '../generated/mvccpb/kv.pb.js';
import * as srv from '../generated/srvpb/srv.pb.js';
import * as election from '../generated/v3electionpb/v3election.pb.js';
import * as lock from '../generated/v3lockpb/v3lock.pb.js';
import type { AnyMessage, MessageShape } from './message-shape.js';
import { messagesOf, shapeOf } from './message-shape.js';
import { brokenMessage, randomMessage } from './random-message.js';
import { judge } from './well-formed.js';

const CASES = 100;
const MESSAGES = messagesOf([
  ...[kv, watch, lease, cluster, maintenance, auth, header, internal, v2, lock, election],
  ...[health, srv, authpb, leasepb, membershippb, mvccpb],
]);
const NAMES = [...MESSAGES.keys()];
const shapes = new Map<string, MessageShape>();

/**
 * Every message of every service, and those of the log: valid ones, broken ones, damaged ones, noise.
 * What is decoded is encoded to bytes that mean the same, and the decoder refuses exactly what the
 * format forbids. A case is a message.
 */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  const name = pick(rng, NAMES);
  const message = MESSAGES.get(name) as AnyMessage;
  const shape = shapes.get(name) ?? shapeOf(name, message);
  shapes.set(name, shape);
  for (let count = 0; count < CASES; count++) check(message, shape, bytesOf(rng, shape));
  return CASES;
}

function bytesOf(rng: Rng, shape: MessageShape): Buffer {
  switch (rng.below(4)) {
    case 0:
      return randomMessage(rng, shape);
    case 1:
      return brokenMessage(rng, shape);
    default:
      return anyBytes(rng, randomMessage(rng, shape), [randomMessage(rng, shape)]);
  }
}

function check(message: AnyMessage, shape: MessageShape, bytes: Buffer): void {
  const verdict = judge(shape, bytes);
  const decoded = tryDecode(message, bytes);
  const what = (): string => `${shape.name} ${verdict}: ${bytes.toString('hex')}`;
  assert(decoded === undefined || verdict !== 'malformed', () => `taken for a message: ${what()}`);
  assert(decoded !== undefined || verdict !== 'wellFormed', () => `refused: ${what()}`);
  if (decoded === undefined) return;
  const encoded = Buffer.from(message.encode(decoded.value).finish());
  const again = tryDecode(message, encoded);
  assert(again !== undefined, () => `what was encoded cannot be decoded: ${what()}`);
  const twice = Buffer.from(message.encode(again.value).finish());
  assert(twice.equals(encoded), () => `it changes when encoded again: ${what()}`);
}

/** Undefined: refused, by an error and not by a failure of the program. */
function tryDecode(
  message: AnyMessage,
  bytes: Uint8Array,
): { readonly value: unknown } | undefined {
  try {
    return { value: message.decode(bytes) };
  } catch (error) {
    assert(error instanceof Error && !(error instanceof TypeError), () => String(error));
    return undefined;
  }
}
