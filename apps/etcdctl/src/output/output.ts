import { badFeature, renderTable } from '@etcd-ts/command-line';
import type { Streams, Table } from '@etcd-ts/command-line';
import type { JsonValue } from './json.js';
import { toGoJson } from './json.js';

export const FORMATS = ['fields', 'json', 'protobuf', 'simple', 'table'] as const;
export type Format = (typeof FORMATS)[number];

/** Text is UTF-8; keys and values are whatever bytes they are. */
export type Piece = string | Uint8Array;

/** An answer in every form it has; a form that is missing is one the command does not support. */
export interface Answer {
  readonly simple: (hex: boolean) => readonly Piece[];
  readonly json?: (hex: boolean) => JsonValue;
  readonly fields?: () => readonly Piece[];
  readonly protobuf?: () => Uint8Array;
  readonly table?: () => Table;
}

/** Standard output, in the format that the user asked for. */
export class Output {
  readonly format: Format;
  readonly isHex: boolean;
  readonly #streams: Streams;

  constructor(streams: Streams, format: Format, isHex: boolean) {
    this.#streams = streams;
    this.format = format;
    this.isHex = isHex;
  }

  print(answer: Answer): void {
    this.write(...this.#render(answer));
  }

  write(...pieces: readonly Piece[]): void {
    const buffers = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
    if (buffers.length > 0) this.#streams.out(Buffer.concat(buffers));
  }

  error(text: string): void {
    this.#streams.error(text);
  }

  #render(answer: Answer): readonly Piece[] {
    const { simple, json, fields, protobuf, table } = answer;
    switch (this.format) {
      case 'simple':
        return simple(this.isHex);
      case 'json':
        if (json !== undefined) return [toGoJson(json(this.isHex)), '\n'];
        break;
      case 'fields':
        if (fields !== undefined) return fields();
        break;
      case 'protobuf':
        if (protobuf !== undefined) return [protobuf()];
        break;
      case 'table':
        if (table !== undefined) return [renderTable(table())];
        break;
    }
    throw badFeature(`${this.format} not supported as output format`);
  }
}

/** Keys and values for people: as they are, or `\x66\x6f\x6f`. */
export function shown(bytes: Uint8Array, hex: boolean): Piece {
  if (!hex) return bytes;
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
