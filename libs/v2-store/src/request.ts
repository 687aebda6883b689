/** What a log entry asks of the v2 store: the fields of etcdserverpb.Request that applying reads. */
export interface V2Request {
  /** PUT, POST, DELETE, SYNC, or QGET (a read that other programs send through the log). */
  readonly method: string;
  /** With its namespace: /1/... for keys, /2/... for the security store. */
  readonly path: string;
  readonly value: string;
  readonly dir: boolean;
  /** Empty: not compared. */
  readonly prevValue: string;
  /** Unsigned 64 bits; 0: not compared. */
  readonly prevIndex: bigint;
  /** Undefined is neither: then PUT creates or replaces. */
  readonly prevExist: boolean | undefined;
  /** Nanoseconds since the epoch, signed 64 bits; 0: permanent. */
  readonly expirationNs: bigint;
  readonly recursive: boolean;
  readonly sorted: boolean;
  readonly refresh: boolean;
  /**
   * Nanoseconds since the epoch by the proposer's clock: of a SYNC, up to when keys expire; of a
   * change, when it was asked for. 0: not said.
   */
  readonly timeNs: bigint;
}

const EMPTY: V2Request = {
  method: '',
  path: '/',
  value: '',
  dir: false,
  prevValue: '',
  prevIndex: 0n,
  prevExist: undefined,
  expirationNs: 0n,
  recursive: false,
  sorted: false,
  refresh: false,
  timeNs: 0n,
};

export function v2Request(fields: Partial<V2Request>): V2Request {
  return { ...EMPTY, ...fields };
}
