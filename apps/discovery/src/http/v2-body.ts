import type { MemberEntry, TokenState } from '../registry/token-state.js';

/** Where the tokens of discovery services have always been in the v2 tree. */
const REGISTRY = '/_etcd/registry';

interface V2Node {
  readonly key: string;
  readonly value?: string;
  readonly dir?: true;
  readonly nodes?: readonly V2Node[];
  readonly modifiedIndex: number;
  readonly createdIndex: number;
}

/** An answer of the v2 keys API. */
export interface V2Answer {
  readonly status: number;
  /** X-Etcd-Index; undefined where the registry was not asked. */
  readonly index: number | undefined;
  readonly body: string;
}

const line = (json: unknown): string => `${JSON.stringify(json)}\n`;

export const tokenKey = (token: string): string => `${REGISTRY}/${token}`;
/** Of a request's path, which is what follows the registry. */
export const keyOfPath = (path: string): string => `${REGISTRY}${path.replace(/\/+$/u, '')}`;
export const memberKey = (token: string, id: string): string => `${tokenKey(token)}/${id}`;

const memberNode = (token: string, { id, value, index }: MemberEntry): V2Node => ({
  key: memberKey(token, id),
  value,
  modifiedIndex: index,
  createdIndex: index,
});

/** The directory of a token. Its `_config` is hidden, as every name with an underscore is. */
export function directoryAnswer({ token, members, createdIndex, index }: TokenState): V2Answer {
  const nodes = members.map((member) => memberNode(token, member));
  const node: V2Node = {
    key: tokenKey(token),
    dir: true,
    ...(nodes.length > 0 && { nodes }),
    modifiedIndex: createdIndex,
    createdIndex,
  };
  return { status: 200, index, body: line({ action: 'get', node }) };
}

const sizeNode = ({ token, size, createdIndex }: TokenState): V2Node => ({
  key: `${tokenKey(token)}/_config/size`,
  value: String(size),
  modifiedIndex: createdIndex,
  createdIndex,
});

export function sizeAnswer(state: TokenState): V2Answer {
  const { index } = state;
  return { status: 200, index, body: line({ action: 'get', node: sizeNode(state) }) };
}

/** Hidden from the directory above it, but there for who asks for it by name. */
export function configAnswer(state: TokenState): V2Answer {
  const { token, createdIndex, index } = state;
  const node: V2Node = {
    key: `${tokenKey(token)}/_config`,
    dir: true,
    nodes: [sizeNode(state)],
    modifiedIndex: createdIndex,
    createdIndex,
  };
  return { status: 200, index, body: line({ action: 'get', node }) };
}

export function memberAnswer({ token, index }: TokenState, member: MemberEntry): V2Answer {
  return { status: 200, index, body: line({ action: 'get', node: memberNode(token, member) }) };
}

export function createdAnswer(token: string, member: MemberEntry, index: number): V2Answer {
  return { status: 201, index, body: eventBody(token, member) };
}

/** The event of a member's registration. */
export const eventBody = (token: string, member: MemberEntry): string =>
  line({ action: 'create', node: memberNode(token, member) });

export function deletedAnswer(token: string, member: MemberEntry, index: number): V2Answer {
  const { key, createdIndex } = memberNode(token, member);
  const node: V2Node = { key, modifiedIndex: index, createdIndex };
  const prevNode = memberNode(token, member);
  return { status: 200, index, body: line({ action: 'delete', node, prevNode }) };
}

const ERRORS = {
  keyNotFound: { status: 404, errorCode: 100, message: 'Key not found' },
  notFile: { status: 403, errorCode: 102, message: 'Not a file' },
  full: {
    status: 403,
    errorCode: 103,
    message: 'Reached the max number of peers in the cluster',
  },
  keyExists: { status: 412, errorCode: 105, message: 'Key already exists' },
  keyReserved: {
    status: 403,
    errorCode: 106,
    message: 'The prefix of given key is a keyword in etcd',
  },
  sealed: { status: 403, errorCode: 107, message: 'Root is read only' },
  valueRequired: { status: 400, errorCode: 200, message: 'Value is Required in POST form' },
  indexNotNumber: {
    status: 400,
    errorCode: 203,
    message: 'The given index in POST form is not a number',
  },
  invalidField: { status: 400, errorCode: 209, message: 'Invalid field' },
  invalidForm: { status: 400, errorCode: 210, message: 'Invalid POST form' },
  // Clients of etcd take every 5xx for a server in trouble and come back; nothing else is retried.
  unavailable: { status: 503, errorCode: 300, message: 'Raft Internal Error' },
} as const;

export type V2ErrorName = keyof typeof ERRORS;

export function errorAnswer(name: V2ErrorName, cause: string, index?: number): V2Answer {
  const { status, errorCode, message } = ERRORS[name];
  return { status, index, body: line({ errorCode, message, cause, index: index ?? 0 }) };
}
