import type { MemberId } from '@etcd-ts/foundation';
import { assert, EMPTY_BYTES, NO_MEMBER, RaftIndex, Term } from '@etcd-ts/foundation';
import type { RaftEntry, RaftPeerMessage } from '@etcd-ts/wire-protocol';
import {
  decodeEntry,
  decodePeerMessage,
  encodeEntry,
  encodePeerMessage,
  MalformedMessageError,
} from '@etcd-ts/wire-protocol';
import { ByteQueue } from './byte-queue.js';
import type { FrameDecoder, FrameEncoder } from './frame-codec.js';
import {
  EXCEEDS_LIMIT,
  LENGTH_BYTES,
  MAX_MESSAGE_BYTES,
  readLength,
  writeLength,
} from './frame-fields.js';

/** The first byte of every frame. */
const LINK_HEARTBEAT = 0;
const APP_ENTRIES = 1;
const MSG_APP = 2;

const APPEND_TYPE = 3;

/** etcd's appends carry 1 MiB of entries, each of several bytes; empty ones cost memory all the same. */
const MAX_FRAME_ENTRIES = 1 << 20;

/**
 * Where the next append continues if nothing unusual happens. A leader's appends nearly always do,
 * and then the frame leaves out all that both ends know: that is the point of this format.
 */
interface Continuation {
  readonly term: Term;
  readonly index: RaftIndex;
}

const START: Continuation = { term: Term(0), index: RaftIndex(0) };

/** Both ends must compute this alike, frame by frame, or the receiver files entries wrongly. */
function after(message: RaftPeerMessage): Continuation {
  const last = message.entries[message.entries.length - 1];
  return { term: message.term, index: last === undefined ? message.index : last.index };
}

export class AppendFrameEncoder implements FrameEncoder {
  #next = START;

  encode(message: RaftPeerMessage): Buffer {
    assert(message.type === APPEND_TYPE, () => `type ${message.type} on the append stream`);
    const { term, index } = this.#next;
    // The receiver takes the entries' previous term for the leader's term, so a short frame is
    // right only where the two are the same.
    const continues =
      message.index === index && message.logTerm === term && message.logTerm === message.term;
    const frame = continues ? encodeEntries(message) : encodeWhole(message);
    this.#next = after(message);
    return frame;
  }

  heartbeat(): Buffer {
    return Buffer.from([LINK_HEARTBEAT]);
  }
}

function encodeWhole(message: RaftPeerMessage): Buffer {
  const body = encodePeerMessage(message);
  const frame = Buffer.allocUnsafe(1 + LENGTH_BYTES + body.length);
  frame[0] = MSG_APP;
  frame.set(body, writeLength(frame, body.length, 1));
  return frame;
}

function encodeEntries({ entries, commit }: RaftPeerMessage): Buffer {
  const bodies = entries.map(encodeEntry);
  const content = bodies.reduce((sum, body) => sum + LENGTH_BYTES + body.length, 0);
  const frame = Buffer.allocUnsafe(1 + LENGTH_BYTES + content + LENGTH_BYTES);
  frame[0] = APP_ENTRIES;
  let position = writeLength(frame, entries.length, 1);
  for (const body of bodies) {
    position = writeLength(frame, body.length, position);
    frame.set(body, position);
    position += body.length;
  }
  position = writeLength(frame, commit, position);
  // allocUnsafe hands out old memory, which must not go to another machine.
  assert(position === frame.length, () => `${position} bytes in a frame of ${frame.length}`);
  return frame;
}

/** What the decoder waits for; all but `type` in the middle of a frame. */
type Awaited =
  | { readonly kind: 'type' }
  | { readonly kind: 'entryCount' }
  | { readonly kind: 'entryLength' }
  | { readonly kind: 'entry'; readonly bytes: number }
  | { readonly kind: 'commit' }
  | { readonly kind: 'messageLength' }
  | { readonly kind: 'message'; readonly bytes: number };

export class AppendFrameDecoder implements FrameDecoder {
  readonly #local: MemberId;
  readonly #remote: MemberId;
  readonly #input = new ByteQueue();
  #next = START;
  #awaited: Awaited = { kind: 'type' };
  /** Of the frame of entries being read. */
  #entries: RaftEntry[] = [];
  #entriesMissing = 0;
  #entriesBytes = 0;

  /** Short frames name nobody: they are from `remote` to `local`. */
  constructor(local: MemberId, remote: MemberId) {
    this.#local = local;
    this.#remote = remote;
  }

  decode(chunk: Uint8Array, deliver: (message: RaftPeerMessage) => void): void {
    this.#input.push(chunk);
    while (this.#input.length >= this.#awaitedBytes()) {
      const message = this.#advance();
      if (message !== undefined) deliver(message);
      if (this.#awaited.kind === 'type' && this.#input.length === 0) return;
    }
  }

  #awaitedBytes(): number {
    if (this.#awaited.kind === 'type') return 1;
    return 'bytes' in this.#awaited ? this.#awaited.bytes : LENGTH_BYTES;
  }

  /** Takes in what was awaited; answers the message if it was a frame's last part. */
  #advance(): RaftPeerMessage | undefined {
    const awaited = this.#awaited;
    const bytes = this.#input.take(this.#awaitedBytes());
    switch (awaited.kind) {
      case 'type':
        this.#beginFrame(bytes[0] ?? 0);
        return undefined;
      case 'entryCount':
        this.#beginEntries(readLength(bytes, MAX_FRAME_ENTRIES));
        return undefined;
      case 'entryLength':
        this.#awaitEntry(readLength(bytes, MAX_MESSAGE_BYTES));
        return undefined;
      case 'entry':
        this.#takeEntry(decodeEntry(bytes));
        return undefined;
      case 'commit':
        return this.#finish(this.#continuing(readLength(bytes, Number.MAX_SAFE_INTEGER)));
      case 'messageLength':
        this.#awaited = { kind: 'message', bytes: readLength(bytes, MAX_MESSAGE_BYTES) };
        return undefined;
      case 'message':
        return this.#finish(decodePeerMessage(bytes));
    }
  }

  #beginFrame(type: number): void {
    if (type === LINK_HEARTBEAT) return;
    if (type === APP_ENTRIES) this.#awaited = { kind: 'entryCount' };
    else if (type === MSG_APP) this.#awaited = { kind: 'messageLength' };
    else throw new MalformedMessageError(`failed to parse type ${type} in msgappv2 stream`);
  }

  #beginEntries(count: number): void {
    this.#entries = [];
    this.#entriesMissing = count;
    this.#entriesBytes = 0;
    this.#awaited = { kind: count === 0 ? 'commit' : 'entryLength' };
  }

  #awaitEntry(bytes: number): void {
    // Each entry may be as large as a message, but all together must not be larger than one.
    this.#entriesBytes += LENGTH_BYTES + bytes;
    if (this.#entriesBytes > MAX_MESSAGE_BYTES) throw new MalformedMessageError(EXCEEDS_LIMIT);
    this.#awaited = { kind: 'entry', bytes };
  }

  #takeEntry(entry: RaftEntry): void {
    this.#entries.push(entry);
    this.#entriesMissing--;
    this.#awaited = { kind: this.#entriesMissing === 0 ? 'commit' : 'entryLength' };
  }

  #continuing(commit: number): RaftPeerMessage {
    const { term, index } = this.#next;
    return {
      type: APPEND_TYPE,
      to: this.#local,
      from: this.#remote,
      term,
      logTerm: term,
      index,
      entries: this.#entries,
      commit: RaftIndex(commit),
      snapshot: undefined,
      reject: false,
      rejectHint: RaftIndex(0),
      context: EMPTY_BYTES,
      vote: NO_MEMBER,
    };
  }

  #finish(message: RaftPeerMessage): RaftPeerMessage {
    this.#awaited = { kind: 'type' };
    this.#entries = [];
    this.#next = after(message);
    return message;
  }
}
