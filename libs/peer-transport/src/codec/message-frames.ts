import { NO_MEMBER, RaftIndex, Term, EMPTY_BYTES } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { decodePeerMessage, encodePeerMessage } from '@etcd-ts/wire-protocol';
import { ByteQueue } from './byte-queue.js';
import { LENGTH_BYTES, MAX_MESSAGE_BYTES, readLength, writeLength } from './frame-fields.js';
import type { FrameDecoder, FrameEncoder } from './frame-codec.js';

const HEARTBEAT_TYPE = 8;

/** A sign of life without content: a raft heartbeat from nobody to nobody. */
const LINK_HEARTBEAT: RaftPeerMessage = {
  type: HEARTBEAT_TYPE,
  to: NO_MEMBER,
  from: NO_MEMBER,
  term: Term(0),
  logTerm: Term(0),
  index: RaftIndex(0),
  entries: [],
  commit: RaftIndex(0),
  snapshot: undefined,
  reject: false,
  rejectHint: RaftIndex(0),
  context: EMPTY_BYTES,
  vote: NO_MEMBER,
};

function isLinkHeartbeat(message: RaftPeerMessage): boolean {
  return message.type === HEARTBEAT_TYPE && message.from === NO_MEMBER && message.to === NO_MEMBER;
}

/** A length and a marshalled raftpb.Message: what the message stream and a snapshot begin with. */
export function encodeMessageFrame(message: RaftPeerMessage): Buffer {
  const body = encodePeerMessage(message);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.length);
  frame.set(body, writeLength(frame, body.length, 0));
  return frame;
}

/** The stream for everything that is not an append. */
export class MessageFrameEncoder implements FrameEncoder {
  encode(message: RaftPeerMessage): Buffer {
    return encodeMessageFrame(message);
  }

  heartbeat(): Buffer {
    return encodeMessageFrame(LINK_HEARTBEAT);
  }
}

export class MessageFrameDecoder implements FrameDecoder {
  readonly #input = new ByteQueue();
  /** Undefined while the length itself is awaited. */
  #bodyBytes: number | undefined;

  decode(chunk: Uint8Array, deliver: (message: RaftPeerMessage) => void): void {
    this.#input.push(chunk);
    for (;;) {
      if (this.#bodyBytes === undefined) {
        if (this.#input.length < LENGTH_BYTES) return;
        this.#bodyBytes = readLength(this.#input.take(LENGTH_BYTES), MAX_MESSAGE_BYTES);
      }
      if (this.#input.length < this.#bodyBytes) return;
      const message = decodePeerMessage(this.#input.take(this.#bodyBytes));
      this.#bodyBytes = undefined;
      if (!isLinkHeartbeat(message)) deliver(message);
    }
  }
}
