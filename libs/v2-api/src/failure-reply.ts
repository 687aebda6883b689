import { failed, messageOf, V2_CODE } from '@etcd-ts/v2-store';
import type { V2Code, V2Failure } from '@etcd-ts/v2-store';
import { withoutNamespace } from './event-json.js';
import { goString } from './go-json.js';
import { json } from './reply.js';
import type { Reply } from './reply.js';

/** What is not here is 400. */
const STATUS: Partial<Readonly<Record<V2Code, number>>> = {
  [V2_CODE.keyNotFound]: 404,
  [V2_CODE.compareFailed]: 412,
  [V2_CODE.notFile]: 403,
  [V2_CODE.keyExists]: 412,
  [V2_CODE.directoryNotEmpty]: 403,
  [V2_CODE.unauthorized]: 401,
  [V2_CODE.raftInternal]: 500,
  [V2_CODE.leaderElection]: 500,
};

export function failureReply({ code, cause, index }: V2Failure): Reply {
  const shown = withoutNamespace(cause);
  const because = shown === '' ? '' : `,"cause":${goString(shown)}`;
  const body = `{"errorCode":${code},"message":${goString(messageOf(code))}${because},"index":${index}}\n`;
  return json(STATUS[code] ?? 400, body, { 'X-Etcd-Index': String(index) });
}

/** A request that never got to the store. */
export function refusal(code: V2Code, cause: string): V2Failure {
  return failed(code, cause, 0);
}

export const unauthorized = (): V2Failure =>
  refusal(V2_CODE.unauthorized, 'Insufficient credentials');

/** The members' and users' half of the API has errors of its own form, without a line feed. */
export function messageReply(status: number, message: string): Reply {
  return json(status, `{"message":${goString(message)}}`);
}

export const noAccess = (): Reply => messageReply(401, 'Insufficient credentials');
export const internalError = (): Reply => messageReply(500, 'Internal Server Error');
