import type { MemberId } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { AppendFrameDecoder, AppendFrameEncoder } from './append-frames.js';
import { MessageFrameDecoder, MessageFrameEncoder } from './message-frames.js';

/** One direction of one connection: both ends start empty and change state frame by frame. */
export interface FrameEncoder {
  /** Frames must go out in the order of the calls, none left out. */
  encode(message: RaftPeerMessage): Buffer;
  /** Keeps the other end from taking silence for death; changes no state. */
  heartbeat(): Buffer;
}

export interface FrameDecoder {
  /**
   * Delivers every message completed by `chunk`, heartbeats left out; the messages may share the
   * chunk's memory. Throws MalformedMessageError at bytes that are none of this format, after which
   * the stream cannot be read on.
   */
  decode(chunk: Uint8Array, deliver: (message: RaftPeerMessage) => void): void;
}

/** `msgapp` carries appends in their short form (msgappv2), `message` everything else. */
export type StreamKind = 'msgapp' | 'message';

export const STREAM_KINDS: readonly StreamKind[] = ['msgapp', 'message'];

/** As etcd's log lines call them. */
export const STREAM_NAMES: Readonly<Record<StreamKind, string>> = {
  msgapp: 'stream MsgApp v2',
  message: 'stream Message',
};

export function createEncoder(kind: StreamKind): FrameEncoder {
  return kind === 'msgapp' ? new AppendFrameEncoder() : new MessageFrameEncoder();
}

export function createDecoder(kind: StreamKind, local: MemberId, remote: MemberId): FrameDecoder {
  return kind === 'msgapp' ? new AppendFrameDecoder(local, remote) : new MessageFrameDecoder();
}
