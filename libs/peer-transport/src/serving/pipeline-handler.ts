import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { decodePeerMessage, MalformedMessageError } from '@etcd-ts/wire-protocol';
import { MAX_MESSAGE_BYTES } from '../codec/frame-fields.js';
import { takeIn } from '../message-intake.js';
import type { Exchange, PeerRegistry } from './exchange.js';

/** POST /raft: one message. */
export async function servePipeline(exchange: Exchange, registry: PeerRegistry): Promise<void> {
  if (exchange.refusesMethod('POST') || exchange.refusesSender()) return;
  exchange.rememberSender(registry);
  const { observer } = exchange.options;
  const body = await readBody(exchange);
  if (body === undefined) {
    observer.receiveFailed(exchange.remoteAddress);
    exchange.fail(400, 'error reading raft message');
    return;
  }
  const wire = decode(body);
  if (wire === undefined) {
    observer.receiveFailed(exchange.remoteAddress);
    exchange.fail(400, 'error unmarshalling raft message');
    return;
  }
  observer.received(wire.from, body.length);
  const intake = takeIn(wire, exchange.options);
  if (intake !== 'taken') observer.receiveFailed(wire.from);
  exchange.answerIntake(intake);
}

async function readBody({ body, options }: Exchange): Promise<Buffer | undefined> {
  try {
    return await body.readAll(MAX_MESSAGE_BYTES);
  } catch (error) {
    options.logger.warn('failed to read Raft message', { error: String(error) });
    return undefined;
  }
}

function decode(body: Buffer): RaftPeerMessage | undefined {
  try {
    return decodePeerMessage(body);
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined;
    throw error;
  }
}
