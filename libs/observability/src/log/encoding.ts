import { types } from 'node:util';
import type { LogFields, LogValue } from '@etcd-ts/foundation';
import type { LogLevel } from './levels.js';

export interface LogLine {
  readonly level: LogLevel;
  /** Wall clock, milliseconds since the epoch, fractional. */
  readonly wallMs: number;
  /** The module which speaks, such as "storage/wal"; empty: the field is left out. */
  readonly caller: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** One line with its line feed. */
export type LogEncoding = (line: LogLine) => string;

/** Deeper values are cut, so that a cycle in a field cannot take the node down. */
const MAX_FIELD_DEPTH = 8;

/** ISO 8601 in UTC with microseconds, the layout of etcd's log lines since 3.5. */
export function formatTimestamp(wallMs: number): string {
  const wholeMs = Math.floor(wallMs);
  const date = new Date(wholeMs);
  if (Number.isNaN(date.getTime())) return 'unknown';
  const micros = Math.floor((wallMs - wholeMs) * 1000);
  return `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

/**
 * JSON of a field's value. bigint is a bare number with all its digits (JSON.stringify would
 * throw), an Error is its message, and what JSON has no number for is a string, as zap writes it.
 */
export function encodeValue(value: LogValue, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : JSON.stringify(nonFinite(value));
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : encodeObject(value, depth);
    default:
      return 'null';
  }
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function encodeObject(value: object & LogValue, depth: number): string {
  if (depth >= MAX_FIELD_DEPTH) return '"..."';
  if (types.isNativeError(value)) return JSON.stringify(value.message);
  if (Array.isArray(value)) {
    const items: readonly LogValue[] = value;
    return `[${items.map((item) => encodeValue(item, depth + 1)).join(',')}]`;
  }
  return `{${encodeMembers(value as LogFields, depth + 1)}}`;
}

/** `"name":value,...` without braces; undefined members are left out. */
function encodeMembers(fields: LogFields, depth: number): string {
  let text = '';
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${encodeValue(value, depth)}`;
  }
  return text;
}

/** zap's JSON encoder as etcd sets it up: level, ts, caller, msg, then the fields in their order. */
export const encodeJson: LogEncoding = (line) => {
  const caller = line.caller === '' ? '' : `"caller":${JSON.stringify(line.caller)},`;
  const members = line.fields === undefined ? '' : encodeMembers(line.fields, 0);
  return (
    `{"level":"${line.level}","ts":"${formatTimestamp(line.wallMs)}",${caller}` +
    `"msg":${JSON.stringify(line.message)}${members === '' ? '' : `,${members}`}}\n`
  );
};

/** zap's console encoder: the same parts separated by tabs, the fields as one JSON object. */
export const encodeConsole: LogEncoding = (line) => {
  const parts = [formatTimestamp(line.wallMs), line.level];
  if (line.caller !== '') parts.push(line.caller);
  // A line feed in a message would forge a second line; JSON escapes it, this format must too.
  parts.push(line.message.replaceAll('\n', '\\n'));
  const members = line.fields === undefined ? '' : encodeMembers(line.fields, 0);
  if (members !== '') parts.push(`{${members}}`);
  return `${parts.join('\t')}\n`;
};
