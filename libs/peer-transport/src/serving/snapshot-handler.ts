import { hexId } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { decodePeerMessage } from '@etcd-ts/wire-protocol';
import { MAX_SNAPSHOT_MESSAGE_BYTES } from '../codec/frame-fields.js';
import { SNAPSHOT_WIRE_TYPE } from '../codec/message-mapping.js';
import { takeIn } from '../message-intake.js';
import type { Exchange, PeerRegistry } from './exchange.js';

/** POST /raft/snapshot: a message, then the content of the database until the body ends. */
export async function serveSnapshot(exchange: Exchange, registry: PeerRegistry): Promise<void> {
  const { observer, clock, local } = exchange.options;
  if (exchange.refusesMethod('POST') || exchange.refusesSender()) {
    observer.snapshotRefused(undefined);
    return;
  }
  exchange.rememberSender(registry);
  const wire = await readMessage(exchange);
  if (wire === undefined) return;
  const { from, snapshot } = wire;
  if (wire.type !== SNAPSHOT_WIRE_TYPE || snapshot === undefined) {
    observer.snapshotRefused(from);
    exchange.fail(400, 'wrong raft message type');
    return;
  }
  // Before gigabytes are stored for nothing.
  if (exchange.options.raft.isRemoved(from) || wire.to !== local.id) {
    observer.snapshotRefused(from);
    exchange.answerIntake(wire.to === local.id ? 'removedSender' : 'wrongMember');
    return;
  }
  const startMs = clock.monotonicMs();
  observer.snapshotReceiving(from);
  const stored = await store(exchange, wire, snapshot.metadata.index);
  const intake = stored ? takeIn(wire, exchange.options, true) : undefined;
  const seconds = (clock.monotonicMs() - startMs) / 1000;
  observer.snapshotReceived(from, intake === 'taken', seconds);
  if (intake !== undefined) exchange.answerIntake(intake);
}

async function readMessage(exchange: Exchange): Promise<RaftPeerMessage | undefined> {
  const { observer, logger, local } = exchange.options;
  try {
    const bytes = await exchange.body.readFrame(MAX_SNAPSHOT_MESSAGE_BYTES);
    const wire = decodePeerMessage(bytes);
    observer.received(wire.from, bytes.length);
    return wire;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn('failed to decode Raft message', {
      'local-member-id': hexId(local.id),
      error: reason,
    });
    observer.receiveFailed(exchange.remoteAddress);
    observer.snapshotRefused(undefined);
    exchange.fail(400, `failed to decode raft message (${reason})`);
    return undefined;
  }
}

/** Whether the content is durable; if not, nothing of it is left and the sender knows why. */
async function store(
  exchange: Exchange,
  { from }: RaftPeerMessage,
  index: number,
): Promise<boolean> {
  const { observer, logger, local, snapshotSink } = exchange.options;
  const fields = {
    'local-member-id': hexId(local.id),
    'remote-snapshot-sender-id': hexId(from),
    'incoming-snapshot-index': index,
  };
  logger.info('receiving database snapshot', fields);
  try {
    const bytes = await snapshotSink.save(index, exchange.body.rest());
    observer.received(from, bytes);
    logger.info('received and saved database snapshot', {
      ...fields,
      'incoming-snapshot-size-bytes': bytes,
    });
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn('failed to save incoming database snapshot', { ...fields, error: reason });
    exchange.fail(500, `failed to save KV snapshot (${reason})`);
    return false;
  }
}
