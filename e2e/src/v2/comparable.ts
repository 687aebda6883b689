import type { HttpAnswer } from './http-request.js';

/**
 * Answers as they compare: times within the tolerance are equal, listings that nobody sorted are
 * sorted, and of the headers those that say something of the store or of the request.
 */
const COMPARED_HEADERS = [
  'content-type',
  'allow',
  'location',
  'x-etcd-index',
  'x-content-type-options',
];
/** Whose values are each server's own. */
const PRESENT_HEADERS = ['x-raft-index', 'x-raft-term', 'x-etcd-cluster-id'];
const TIME = /"expiration":"[^"]*"/gu;
const MEMBER_ID = /"(id|leader)":"[0-9a-f]{1,16}"/gu;
const TTL = /"ttl":(-?\d+)/gu;
/** Two servers are asked one after the other, and a second may turn between. */
const TTL_STEP_SECONDS = 1000;

export interface Comparable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export function comparable(answer: HttpAnswer, sorted: boolean): Comparable {
  const headers: Record<string, string> = {};
  for (const name of COMPARED_HEADERS) {
    const value = answer.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  for (const name of PRESENT_HEADERS) if (name in answer.headers) headers[name] = 'present';
  return { status: answer.status, headers, body: comparableBody(answer.body, sorted) };
}

/** JSON as a value with its text's form kept: what is no line of JSON is compared as it is. */
function comparableBody(body: string, sorted: boolean): unknown {
  const text = body
    .replace(MEMBER_ID, '"$1":"ID"')
    .replace(TIME, '"expiration":"T"')
    .replace(TTL, (_, seconds: string) => `"ttl":${roundedTtl(Number(seconds))}`);
  if (sorted || !text.includes('"nodes":[')) return text;
  return {
    lines: text.split('\n').map((line) => (line === '' ? '' : sortedNodes(JSON.parse(line)))),
  };
}

function roundedTtl(seconds: number): number {
  return Math.round(seconds / TTL_STEP_SECONDS) * TTL_STEP_SECONDS;
}

function sortedNodes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedNodes).sort(byText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, sortedNodes(field)]),
  );
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
