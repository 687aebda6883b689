import { isDeepStrictEqual } from 'node:util';
import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, pick } from '@etcd-ts/fuzzing';
import {
  decodePeerMessage,
  encodePeerMessage,
  MalformedMessageError,
} from '@etcd-ts/wire-protocol';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import type { StreamKind } from '../codec/frame-codec.js';
import { createDecoder, createEncoder } from '../codec/frame-codec.js';
import { fromPeerMessage, toPeerMessage } from '../codec/message-mapping.js';
import { pieces } from '../testing/arbitrary-messages.js';
import {
  described,
  RECEIVER,
  sampledAppends,
  sampledMessages,
  SENDER,
} from './sampled-messages.js';

const MESSAGES = 3;
const DAMAGED = 60;

/**
 * What a peer says on its two streams, read as it was written; then damaged: what is delivered does not
 * depend on how the bytes were cut, and the first thing wrong is a MalformedMessageError. What is
 * delivered can be written again, and raft is given whole messages only. A case is a stream.
 */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  const kind = pick<StreamKind>(rng, ['msgapp', 'message']);
  const sample = kind === 'msgapp' ? sampledAppends : sampledMessages;
  const messages = sample(seed, MESSAGES).map(toPeerMessage);
  const encoder = createEncoder(kind);
  const frames = messages.flatMap((message) => [encoder.encode(message), encoder.heartbeat()]);
  const stream = Buffer.concat(frames);
  const read = readAll(kind, cut(rng, stream));
  assert(described(read) === described({ messages, refusal: '' }), 'not what was written');
  for (let count = 0; count < DAMAGED; count++) {
    const damaged = anyBytes(rng, stream, frames);
    const whole = readAll(kind, [Buffer.from(damaged)]);
    const inPieces = readAll(kind, cut(rng, damaged));
    assert(isDeepStrictEqual(whole, inPieces), 'it depends on how the bytes were cut');
    whole.messages.forEach(checkMessage);
  }
  return 1 + DAMAGED;
}

interface StreamRead {
  readonly messages: readonly RaftPeerMessage[];
  /** Empty if the end was reached. */
  readonly refusal: string;
}

function readAll(kind: StreamKind, chunks: readonly Buffer[]): StreamRead {
  const decoder = createDecoder(kind, RECEIVER, SENDER);
  const messages: RaftPeerMessage[] = [];
  try {
    for (const chunk of chunks) decoder.decode(chunk, (message) => messages.push(message));
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    return { messages, refusal: error.message };
  }
  return { messages, refusal: '' };
}

function checkMessage(message: RaftPeerMessage): void {
  const again = decodePeerMessage(encodePeerMessage(message));
  assert(described(again) === described(message), 'a message that changes when written again');
  const meaning = fromPeerMessage(message);
  if (meaning?.type !== 'appendEntries') return;
  const { previousIndex, entries } = meaning;
  const inOrder = entries.every(({ index }, at) => index === previousIndex + 1 + at);
  assert(inOrder, 'entries with a gap between them');
}

function cut(rng: Rng, stream: Buffer): readonly Buffer[] {
  // A copy, for the decoder keeps what it is given.
  const places = Array.from({ length: rng.below(12) }, () => rng.below(stream.length + 1));
  return pieces(Buffer.from(stream), places);
}
