/** The numbers clients compare with; the text of each is etcd's. */
export const V2_CODE = {
  keyNotFound: 100,
  compareFailed: 101,
  notFile: 102,
  notDirectory: 104,
  keyExists: 105,
  rootReadOnly: 107,
  directoryNotEmpty: 108,
  unauthorized: 110,
  prevValueRequired: 201,
  ttlNotNumber: 202,
  indexNotNumber: 203,
  invalidField: 209,
  invalidForm: 210,
  refreshValue: 211,
  refreshTtlRequired: 212,
  raftInternal: 300,
  leaderElection: 301,
  watcherCleared: 400,
  eventIndexCleared: 401,
} as const;

export type V2Code = (typeof V2_CODE)[keyof typeof V2_CODE];

const MESSAGES: Readonly<Record<V2Code, string>> = {
  100: 'Key not found',
  101: 'Compare failed',
  102: 'Not a file',
  104: 'Not a directory',
  105: 'Key already exists',
  107: 'Root is read only',
  108: 'Directory not empty',
  110: 'The request requires user authentication',
  201: 'PrevValue is Required in POST form',
  202: 'The given TTL in POST form is not a number',
  203: 'The given index in POST form is not a number',
  209: 'Invalid field',
  210: 'Invalid POST form',
  211: 'Value provided on refresh',
  212: 'A TTL must be provided on refresh',
  300: 'Raft Internal Error',
  301: 'During Leader Election',
  400: 'watcher is cleared due to etcd recovery',
  401: 'The event in requested index is outdated and cleared',
};

/** An expected refusal: what the state, or the form of the request, does not allow. */
export interface V2Failure {
  readonly kind: 'failed';
  readonly code: V2Code;
  /** A path of the store (with its namespace) or a text; the face shows it without the namespace. */
  readonly cause: string;
  /** Of the store when it was refused; 0 for a request that never got there. */
  readonly index: number;
}

export function failed(code: V2Code, cause: string, index: number): V2Failure {
  return { kind: 'failed', code, cause, index };
}

export function messageOf(code: V2Code): string {
  return MESSAGES[code];
}
