import { GrpcStatus } from '@etcd-ts/wire-protocol';
import type { HeaderField } from '../http2/hpack/header-field.js';
import { IndexedFields } from '../http2/hpack/indexed-fields.js';
import { indexedField, literalField } from '../http2/hpack/literal-field.js';
import { DEFAULT_HEADER_TABLE_BYTES } from '../http2/limits.js';
import type { Refusal } from './request-head.js';
import { GRPC_CONTENT_TYPE } from './content-type.js';
import type { CallStatus } from './status-message.js';
import { encodeStatusMessage } from './status-message.js';

const CONTENT_TYPE = { name: 'content-type', value: GRPC_CONTENT_TYPE };
const STATUS_OK = { name: 'grpc-status', value: '0' };
/** ":status: 200" in the static table. */
const HTTP_OK = indexedField(8);
const GZIP = literalField({ name: 'grpc-encoding', value: 'gzip' });

/**
 * The header blocks of one connection's answers. Those of calls that go well are the same bytes again
 * and again; blocks must be sent in the order they were asked for, as each may change the tables.
 */
export class ResponseBlocks {
  readonly #fields = new IndexedFields(DEFAULT_HEADER_TABLE_BYTES);
  #headers: Buffer | undefined;
  #trailers: Buffer | undefined;

  resize(bytes: number): void {
    this.#fields.resize(bytes);
    this.#headers = undefined;
    this.#trailers = undefined;
  }

  headers(contentType: string, gzip: boolean): Buffer {
    if (contentType !== GRPC_CONTENT_TYPE || gzip) {
      const parts = [this.#fields.prologue(), HTTP_OK, this.#contentType(contentType)];
      return Buffer.concat(gzip ? [...parts, GZIP] : parts);
    }
    if (this.#headers !== undefined) return this.#headers;
    const { inserted } = this.#fields;
    const prologue = this.#fields.prologue();
    const block = Buffer.concat([prologue, HTTP_OK, this.#fields.field(CONTENT_TYPE)]);
    this.#keep(inserted, () => (this.#headers = block), prologue);
    return block;
  }

  /** Of a call that went well. */
  trailers(): Buffer {
    if (this.#trailers !== undefined) return this.#trailers;
    const { inserted } = this.#fields;
    const prologue = this.#fields.prologue();
    const block = Buffer.concat([prologue, this.#fields.field(STATUS_OK)]);
    this.#keep(inserted, () => (this.#trailers = block), prologue);
    return block;
  }

  failure(status: CallStatus): Buffer {
    return Buffer.concat([this.#fields.prologue(), ...statusFields(status)]);
  }

  /** An answer that is only an end. */
  trailersOnly(contentType: string, status: CallStatus): Buffer {
    return Buffer.concat([
      this.#fields.prologue(),
      HTTP_OK,
      this.#contentType(contentType),
      ...statusFields(status),
    ]);
  }

  refusal(refusal: Refusal): Buffer {
    return Buffer.concat([
      this.#fields.prologue(),
      literalField({ name: ':status', value: String(refusal.httpStatus) }),
      this.#contentType(GRPC_CONTENT_TYPE),
      ...statusFields(refusal),
    ]);
  }

  /** Of an answer that is none of gRPC's. */
  page(status: number, fields: readonly HeaderField[]): Buffer {
    return Buffer.concat([
      this.#fields.prologue(),
      literalField({ name: ':status', value: String(status) }),
      ...fields.map(literalField),
    ]);
  }

  /** A block that has inserted a field or resized the table is not what comes next time. */
  #keep(insertedBefore: number, keep: () => void, prologue: Buffer): void {
    if (this.#fields.inserted === insertedBefore && prologue.length === 0) {
      keep();
      return;
    }
    // Indexes count from the newest field: those of older ones have changed.
    this.#headers = undefined;
    this.#trailers = undefined;
  }

  /** Never into the table: subtypes are the client's to choose. */
  #contentType(value: string): Buffer {
    return literalField({ name: 'content-type', value });
  }
}

function statusFields({ code, message }: CallStatus): readonly Buffer[] {
  const status = literalField({ name: 'grpc-status', value: String(code) });
  if (code === GrpcStatus.OK) return [status];
  return [status, literalField({ name: 'grpc-message', value: encodeStatusMessage(message) })];
}
