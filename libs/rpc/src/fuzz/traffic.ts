import type { Rng } from '@etcd-ts/foundation';
import { pick, randomBytes } from '@etcd-ts/fuzzing';
import { Flag, FrameType } from '../http2/frame.js';
import { HpackEncoder } from '../http2/testing/hpack-encoder.js';
import {
  GREETING,
  rawFrame,
  requestFields,
  settings,
  uint32,
} from '../http2/testing/raw-frames.js';
import { framed } from '../testing/raw-call.js';

/** Sizes at which something happens, and small ones. */
const LENGTHS = [0, 1, 2, 4, 5, 6, 8, 9, 30, 255, 1_000, 16_383, 16_384];
/** Values at the edges of windows, ids and settings. */
const NUMBERS = [0, 1, 2, 3, 4, 100, 65_535, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

export interface Traffic {
  readonly paths: readonly string[];
  /** How much of it is wrong: 0 is a client that keeps all rules. */
  readonly faults: number;
  /** Some requests are none of gRPC's. */
  readonly pages?: true;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'CONNECT', 'get', 'A B', ''];
const TARGETS = ['/empty', '/some', '/much', '/slow', '/cut', '/read', '*', 'x', '/a b', ''];

/** A client by chance. It keeps its own state, so that most of what it says makes sense. */
export class RandomClient {
  readonly #rng: Rng;
  readonly #traffic: Traffic;
  readonly #encoder = new HpackEncoder();
  readonly #open: number[] = [];
  #nextId = 1;

  constructor(rng: Rng, traffic: Traffic) {
    this.#rng = rng;
    this.#traffic = traffic;
  }

  /** The next thing it says, preface excluded. */
  next(): Buffer {
    const rng = this.#rng;
    if (rng.next() < this.#traffic.faults) return this.#fault();
    switch (rng.below(8)) {
      case 0:
      case 1:
        return this.#request();
      case 2:
      case 3:
      case 4:
        return this.#data();
      case 5:
        return this.#windows();
      case 6:
        return settings([pick(rng, [1, 3, 4, 6]), rng.below(100_000)]);
      default:
        return this.#cancelOrPing();
    }
  }

  #request(): Buffer {
    const rng = this.#rng;
    const id = this.#nextId;
    this.#nextId += 2 * (1 + (rng.below(10) === 0 ? rng.below(5) : 0));
    const ended = rng.below(8) === 0;
    if (!ended) this.#open.push(id);
    const changes: Record<string, string> = { ':path': pick(rng, this.#traffic.paths) };
    if (this.#traffic.pages === true && rng.below(3) === 0) {
      changes['content-type'] = pick(rng, ['text/plain', 'application/json', '']);
      changes[':method'] = pick(rng, METHODS);
      changes[':path'] = pick(rng, TARGETS);
      if (rng.below(4) === 0) changes['content-length'] = String(rng.below(1_000));
    }
    if (rng.below(4) === 0)
      changes['grpc-timeout'] = `${rng.below(100)}${pick(rng, [...'HMSmun'])}`;
    if (rng.below(6) === 0) changes['grpc-encoding'] = pick(rng, ['gzip', 'identity', 'x']);
    if (rng.below(6) === 0) changes['x-bin'] = randomBytes(rng, rng.below(20)).toString('base64');
    const indexing = pick(rng, ['incremental', 'without', 'never'] as const);
    const block = this.#encoder.block(requestFields(changes), rng.below(2) === 0, indexing);
    const end = ended ? Flag.EndStream : 0;
    if (rng.below(6) > 0) return rawFrame(FrameType.Headers, Flag.EndHeaders | end, id, block);
    const cut = rng.below(block.length);
    return Buffer.concat([
      rawFrame(FrameType.Headers, end, id, block.subarray(0, cut)),
      rawFrame(FrameType.Continuation, Flag.EndHeaders, id, block.subarray(cut)),
    ]);
  }

  #data(): Buffer {
    const rng = this.#rng;
    if (this.#open.length === 0) return this.#request();
    const at = rng.below(this.#open.length);
    const id = this.#open[at] as number;
    const ends = rng.below(3) > 0;
    if (ends) this.#open.splice(at, 1);
    const message = randomBytes(rng, pick(rng, LENGTHS.slice(0, -2)));
    const flag = rng.below(10) === 0 ? rng.below(3) : 0;
    const whole = framed(message, flag);
    const payload = rng.below(6) === 0 ? whole.subarray(0, rng.below(whole.length)) : whole;
    const flags = ends ? Flag.EndStream : 0;
    if (rng.below(8) > 0) return rawFrame(FrameType.Data, flags, id, payload);
    const padding = rng.below(256);
    const padded = Buffer.concat([Buffer.of(padding), payload, Buffer.alloc(padding)]);
    return rawFrame(FrameType.Data, flags | Flag.Padded, id, padded);
  }

  #windows(): Buffer {
    const id = this.#rng.below(3) === 0 ? 0 : this.#anyId();
    return rawFrame(FrameType.WindowUpdate, 0, id, uint32(1 + this.#rng.below(100_000)));
  }

  #cancelOrPing(): Buffer {
    if (this.#rng.below(4) === 0) return rawFrame(FrameType.Ping, 0, 0, Buffer.alloc(8));
    if (this.#open.length === 0) return this.#request();
    const [id] = this.#open.splice(this.#rng.below(this.#open.length), 1);
    return rawFrame(FrameType.RstStream, 0, id ?? 1, uint32(this.#rng.below(15)));
  }

  #anyId(): number {
    const used = (this.#nextId - 1) / 2;
    return used === 0 ? 0 : 1 + 2 * this.#rng.below(used);
  }

  #fault(): Buffer {
    const rng = this.#rng;
    const id = pick(rng, [0, 1, 2, this.#nextId, this.#anyId(), ...NUMBERS]);
    switch (rng.below(5)) {
      case 0:
        return rawFrame(rng.below(12), rng.below(256), id, randomBytes(rng, pick(rng, LENGTHS)));
      case 1:
        return rawFrame(FrameType.WindowUpdate, 0, id, uint32(pick(rng, NUMBERS)));
      case 2:
        return settings([rng.below(9), pick(rng, NUMBERS)]);
      case 3:
        return this.#damaged();
      default:
        return randomBytes(rng, rng.below(40));
    }
  }

  /** Something right with a bit turned or bytes missing. */
  #damaged(): Buffer {
    const rng = this.#rng;
    const bytes = Buffer.from(rng.below(2) === 0 ? this.#request() : this.#data());
    const at = rng.below(bytes.length);
    if (rng.below(3) === 0) return bytes.subarray(0, at);
    bytes[at] = (bytes[at] as number) ^ (1 << rng.below(8));
    return bytes;
  }
}

/** The same bytes in any chunks. */
export function cutUp(rng: Rng, bytes: Buffer): readonly Buffer[] {
  const largest = pick(rng, [1, 3, 9, 100, 20_000, bytes.length]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + rng.below(largest);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

export function greeting(rng: Rng, faults: number): Buffer {
  if (rng.next() >= faults / 4) return GREETING;
  return GREETING.subarray(0, rng.below(GREETING.length));
}
