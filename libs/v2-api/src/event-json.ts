import { KEYS_NAMESPACE } from '@etcd-ts/v2-store';
import type { NodeView, V2Action, V2Event } from '@etcd-ts/v2-store';
import { goString } from './go-json.js';
import { rfc3339 } from './go-time.js';

const SECOND_NS = 1_000_000_000n;

/** The key as clients know it; empty for the root. */
export function withoutNamespace(path: string): string {
  return path.startsWith(KEYS_NAMESPACE) ? path.slice(KEYS_NAMESPACE.length) : path;
}

/** A change with a line feed after it. Remaining seconds count from when it was asked for. */
export function eventJson({ action, node, prevNode, atNs }: V2Event, nowNs: bigint): string {
  const sinceNs = atNs ?? nowNs;
  const previous = prevNode === undefined ? '' : `,"prevNode":${nodeJson(prevNode, sinceNs)}`;
  return `{"action":"${action}","node":${nodeJson(node, sinceNs)}${previous}}\n`;
}

export function actionJson(action: V2Action): string {
  return `{"action":"${action}"}\n`;
}

export function answerJson(node: NodeView, nowNs: bigint): string {
  return `{"action":"get","node":${nodeJson(node, nowNs)}}\n`;
}

interface Open {
  readonly view: NodeView;
  next: number;
}

/** With its own stack: listings may be nested deeper than calls can be. */
function nodeJson(top: NodeView, nowNs: bigint): string {
  const parts = [head(top, nowNs)];
  const open: Open[] = [{ view: top, next: 0 }];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const child = last.view.nodes?.[last.next];
    if (child !== undefined) {
      parts.push(last.next === 0 ? ',"nodes":[' : ',', head(child, nowNs));
      last.next++;
      open.push({ view: child, next: 0 });
      continue;
    }
    parts.push(last.next === 0 ? '' : ']', tail(last.view));
    open.pop();
  }
  return parts.join('');
}

/** All but the children and indexes. What is empty or zero is left out, as Go's `omitempty` does. */
function head({ key, value, dir, expirationNs }: NodeView, nowNs: bigint): string {
  const name = withoutNamespace(key);
  const fields: string[] = [];
  if (name !== '') fields.push(`"key":${goString(name)}`);
  if (value !== undefined) fields.push(`"value":${goString(value)}`);
  if (dir === true) fields.push('"dir":true');
  if (expirationNs !== undefined) {
    fields.push(`"expiration":"${rfc3339(expirationNs)}"`);
    const ttl = secondsUntil(expirationNs, nowNs);
    if (ttl !== 0n) fields.push(`"ttl":${ttl}`);
  }
  return `{${fields.join(',')}`;
}

function tail({ modifiedIndex, createdIndex }: NodeView): string {
  const modified = modifiedIndex === 0 ? '' : `,"modifiedIndex":${modifiedIndex}`;
  const created = createdIndex === 0 ? '' : `,"createdIndex":${createdIndex}`;
  return `${modified}${created}}`;
}

/** Rounded up; what is over is rounded toward zero. */
function secondsUntil(expirationNs: bigint, nowNs: bigint): bigint {
  const leftNs = expirationNs - nowNs;
  return leftNs / SECOND_NS + (leftNs % SECOND_NS > 0n ? 1n : 0n);
}
