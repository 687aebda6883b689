import { assert } from '@etcd-ts/foundation';
import type { BinaryWriter } from '@bufbuild/protobuf/wire';

/** Any of the generated messages, whatever its fields. */
export interface AnyMessage {
  encode(message: unknown, writer?: BinaryWriter): BinaryWriter;
  decode(bytes: Uint8Array): unknown;
}

/** What a message knows: which of its fields are numbers, bytes, or messages themselves. */
export interface MessageShape {
  readonly name: string;
  readonly numbers: readonly number[];
  readonly bytes: readonly number[];
  /** `of`: undefined for a message that is not looked into any further. */
  readonly messages: readonly { readonly field: number; readonly of: MessageShape | undefined }[];
}

/** The kinds of raft requests have high numbers, all other fields low ones. */
const HIGHEST_FIELD = 1_400;
const HIGHEST_INNER_FIELD = 30;
/** Messages within messages: those of a transaction may be transactions again. */
const MAX_DEPTH = 3;

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, group: 3, groupEnd: 4, fixed32: 5 } as const;

/** Every generated message among the exports of these modules. */
export function messagesOf(modules: readonly object[]): ReadonlyMap<string, AnyMessage> {
  const found = new Map<string, AnyMessage>();
  for (const module of modules) {
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === 'object' && value !== null && 'decode' in value) {
        found.set(`${found.has(name) ? '2 ' : ''}${name}`, value as AnyMessage);
      }
    }
  }
  return found;
}

/**
 * What the decoder knows is learned from the decoder: a field that it does not know is skipped and
 * missing in what it encodes, and one that is a message refuses, by name, what is none.
 */
export function shapeOf(name: string, message: AnyMessage): MessageShape {
  return shape(name, (bytes) => bytes, message, 0);
}

type Wrap = (bytes: Buffer) => Buffer;

function shape(name: string, wrap: Wrap, root: AnyMessage, depth: number): MessageShape {
  const empty = encodedLength(root, wrap(Buffer.alloc(0)));
  const known = (field: Buffer): boolean => encodedLength(root, wrap(field)) > empty;
  const numbers: number[] = [];
  const bytes: number[] = [];
  const messages: { field: number; of: MessageShape | undefined }[] = [];
  const highest = depth === 0 ? HIGHEST_FIELD : HIGHEST_INNER_FIELD;
  for (let field = 1; field <= highest; field++) {
    if (known(numberField(field, 1n))) numbers.push(field);
    const inner = refusedBy(root, wrap(bytesField(field, Buffer.of(0))));
    if (inner === undefined) {
      if (known(bytesField(field, Buffer.from('a')))) bytes.push(field);
    } else {
      const within: Wrap = (content) => wrap(bytesField(field, content));
      const of = depth < MAX_DEPTH ? shape(inner, within, root, depth + 1) : undefined;
      messages.push({ field, of });
    }
  }
  return { name, numbers, bytes, messages };
}

/** The name of the message that refuses an illegal tag. */
function refusedBy(root: AnyMessage, bytes: Buffer): string | undefined {
  try {
    root.decode(bytes);
    return undefined;
  } catch (error) {
    const match = /^proto: (\w+): illegal tag 0/u.exec(String((error as Error).message));
    assert(match !== null, () => `not the refusal of an illegal tag: ${String(error)}`);
    return match[1];
  }
}

function encodedLength(root: AnyMessage, bytes: Buffer): number {
  return root.encode(root.decode(bytes)).finish().length;
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

export function tag(field: number, wireType: number): Buffer {
  return varint(BigInt(field * 8 + wireType));
}

export function numberField(field: number, value: bigint): Buffer {
  return Buffer.concat([tag(field, WIRE.varint), varint(value)]);
}

export function bytesField(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([tag(field, WIRE.bytes), varint(BigInt(content.length)), content]);
}
