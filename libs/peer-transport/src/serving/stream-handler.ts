import { hexId } from '@etcd-ts/foundation';
import { STREAM_KINDS } from '../codec/frame-codec.js';
import { headerOf, parseMemberId } from '../handshake.js';
import type { Exchange, PeerRegistry } from './exchange.js';

const PREFIX_SEGMENTS = '/raft/stream'.split('/').length;

/** GET /raft/stream/KIND/ID: member ID wants to be sent everything of this kind, without end. */
export function serveStream(exchange: Exchange, path: string, registry: PeerRegistry): void {
  if (exchange.refusesMethod('GET')) return;
  const { local, raft, logger } = exchange.options;
  const { request, response } = exchange;
  response.setHeader('X-Server-Version', local.serverVersion);
  if (exchange.refusesSender()) return;
  const [name, fromText, ...more] = path.split('/').slice(PREFIX_SEGMENTS);
  const kind = STREAM_KINDS.find((candidate) => candidate === name);
  if (kind === undefined || fromText === undefined || more.length > 0) {
    exchange.fail(404, 'invalid path');
    return;
  }
  const from = parseMemberId(fromText);
  if (from === undefined) {
    exchange.fail(404, 'invalid from');
    return;
  }
  const fields = { 'local-member-id': hexId(local.id), 'remote-peer-id-from': hexId(from) };
  if (raft.isRemoved(from)) {
    logger.warn('rejected stream from remote peer because it was removed', fields);
    exchange.fail(410, 'removed member');
    return;
  }
  const peer = registry.peer(from);
  if (peer === undefined) {
    logger.warn('failed to find remote peer in cluster', fields);
    exchange.rememberSender(registry);
    exchange.fail(404, 'error sender not found');
    return;
  }
  if (headerOf(request.headers, 'x-raft-to') !== hexId(local.id)) {
    logger.warn('ignored streaming request; ID mismatch', fields);
    exchange.fail(412, 'to field mismatch');
    return;
  }
  response.writeHead(200);
  // The dialler waits for the head, and the first message may be long in coming.
  response.flushHeaders();
  peer.attach(kind, response);
}
