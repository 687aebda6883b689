import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { JsonCodec } from './routes.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Digits that a JavaScript number may not hold exactly. In quotes they arrive as they are; a string
 * is taken in runs, since a choice at each of ten million characters is more than the matcher has
 * memory for.
 */
const LONG_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d{16,}(?![\d.eE])/gu;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/u;
const MAX_SHOWN_CHARACTERS = 200;
const INTEGER = /^-?\d+$/u;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

/**
 * A request in protobuf's JSON: names as in the contract or in lower camel case, bytes in base64 of
 * either alphabet, 64-bit numbers as numbers or strings, enums by name or number; unknown fields are
 * passed over. Throws EtcdError(InvalidArgument). Its words begin as the original's: the rest changes
 * from build to build there, so that nobody comes to rely on it.
 */
export function parseMessage(codec: JsonCodec, json: string): unknown {
  const raw = parseObject(json);
  const latest: Latest = { name: '', value: undefined };
  let message: unknown;
  try {
    message = codec.fromJSON(byEitherName(raw, latest));
  } catch {
    throw invalid(`invalid value for field ${latest.name}: ${shown(latest.value)}`);
  }
  check(raw, message as Fields);
  return message;
}

/** The message on the wire. Throws EtcdError(InvalidArgument) for a number that its field cannot hold. */
export function encodeMessage(codec: JsonCodec, message: unknown): Uint8Array {
  try {
    return codec.encode(message as never).finish();
  } catch (error) {
    throw invalid(`invalid value: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a client gets: names as in the contract, fields of their zero value left out. */
export function formatMessage(codec: JsonCodec, bytes: Uint8Array): unknown {
  return codec.toJSON(codec.decode(bytes) as never);
}

export const invalid = (problem: string): EtcdError =>
  new EtcdError({ code: GrpcStatus.InvalidArgument, message: `proto: ${problem}` });

/** A value may be as long as a request, and nested deeper than it can be written again. */
function shown(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    return `a ${typeof value} nested too deep`;
  }
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}...` : text;
}

function parseObject(json: string): Fields {
  let parsed: unknown;
  try {
    const exact = json.replaceAll(LONG_NUMBER, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    );
    parsed = JSON.parse(exact);
  } catch (error) {
    throw invalid(`syntax error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isFields(parsed)) return parsed;
  throw invalid(`syntax error: unexpected token ${shown(parsed)}`);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `rangeEnd` for whoever asks for `range_end`. */
const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());

/** What was asked for last: when the reader throws, it is what the reader could not take. */
interface Latest {
  name: string;
  value: unknown;
}

/** Answers for a name of the contract with what is there under it or in camel case; null is nothing. */
function byEitherName(value: Fields, latest: Latest): object;
function byEitherName(value: unknown, latest: Latest): unknown;
function byEitherName(value: unknown, latest: Latest): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => byEitherName(item, latest));
  if (!isFields(value)) return value ?? undefined;
  return new Proxy(value, {
    get: (fields, name) => {
      if (typeof name !== 'string') return undefined;
      const found = Object.hasOwn(fields, name) ? name : camelCase(name);
      if (!Object.hasOwn(fields, found)) return undefined;
      Object.assign(latest, { name, value: fields[found] });
      return byEitherName(fields[found], latest);
    },
  });
}

/**
 * The generated readers take nearly anything: "abc" for bytes, "no" for true. A key that was silently
 * read as another one would be another key's write, so every value is held against what it became.
 */
function check(raw: Fields, message: Fields): void {
  for (const [name, value] of Object.entries(raw)) {
    if (value === null) continue;
    const key = camelCase(name);
    if (Object.hasOwn(message, key)) checkValue(name, value, message[key]);
    else checkChoice(name, key, value, message);
  }
}

/** One of a `oneof`: the message has it under the name of the choice. */
function checkChoice(name: string, key: string, value: unknown, message: Fields): void {
  for (const union of Object.values(message)) {
    if (!isFields(union) || union['$case'] !== key) continue;
    return checkValue(name, value, union['value']);
  }
}

function checkValue(name: string, raw: unknown, value: unknown): void {
  if (!fits(raw, value)) {
    throw invalid(`invalid value for ${kindOf(value)} field ${name}: ${shown(raw)}`);
  }
  if (Array.isArray(raw) && Array.isArray(value)) {
    for (const [i, item] of raw.entries()) checkValue(name, item, value[i]);
  } else if (isFields(raw) && isFields(value)) check(raw, value);
}

function fits(raw: unknown, value: unknown): boolean {
  if (value instanceof Uint8Array) return typeof raw === 'string' && isBase64(raw);
  switch (typeof value) {
    case 'bigint':
      return isInteger(raw) && value >= LEAST && value <= MOST;
    case 'boolean':
      return typeof raw === 'boolean';
    // An enum, which has been looked up, or a small number.
    case 'number':
      return (typeof raw === 'number' || typeof raw === 'string') && Number.isInteger(value);
    case 'string':
      return typeof raw === 'string';
    default:
      return Array.isArray(value) ? Array.isArray(raw) : isFields(raw) || value === undefined;
  }
}

const isInteger = (raw: unknown): boolean =>
  typeof raw === 'number' ? Number.isInteger(raw) : typeof raw === 'string' && INTEGER.test(raw);

function isBase64(text: string): boolean {
  const digits = text.replace(/=+$/u, '').length;
  return BASE64.test(text) && digits % 4 !== 1;
}

function kindOf(value: unknown): string {
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? 'int32' : typeof value === 'string' ? 'string' : 'message';
}
