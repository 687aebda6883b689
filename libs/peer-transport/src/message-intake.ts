import { hexId } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { fromPeerMessage } from './codec/message-mapping.js';
import type { ReceiveOutcome, TransportOptions } from './transport-options.js';

export type Intake = ReceiveOutcome | 'unsupported' | 'removedSender' | 'wrongMember';

/**
 * Every message from outside comes through here, whatever brought it. A snapshot is only welcome
 * with its content: raft would install the message and then find no data to it.
 */
export function takeIn(
  wire: RaftPeerMessage,
  { raft, local, logger }: TransportOptions,
  withSnapshot = false,
): Intake {
  const fields = {
    'local-member-id': hexId(local.id),
    'message-type': wire.type,
    from: hexId(wire.from),
    to: hexId(wire.to),
  };
  if (raft.isRemoved(wire.from)) {
    logger.warn('rejected Raft message from removed member', fields);
    return 'removedSender';
  }
  if (wire.to !== local.id) {
    logger.warn('rejected Raft message to mismatch member', fields);
    return 'wrongMember';
  }
  const message = fromPeerMessage(wire);
  if (message === undefined || (message.type === 'installSnapshot') !== withSnapshot) {
    logger.warn('unexpected Raft message type', fields);
    return 'unsupported';
  }
  return raft.receive(message);
}
