import { V2_CODE } from '@etcd-ts/v2-store';
import type { V2Code, V2Failure } from '@etcd-ts/v2-store';
import { refusal } from './failure-reply.js';
import type { Form } from './form.js';

/** What the parameters of a request to /v2/keys say. */
export interface KeyQuery {
  readonly value: string;
  readonly dir: boolean;
  /** Empty: not compared. */
  readonly prevValue: string;
  /** 0: not compared. */
  readonly prevIndex: bigint;
  readonly prevExist: boolean | undefined;
  /** Undefined: for ever. */
  readonly ttlSeconds: bigint | undefined;
  readonly refresh: boolean;
  readonly wait: boolean;
  readonly waitIndex: bigint;
  readonly recursive: boolean;
  readonly sorted: boolean;
  readonly quorum: boolean;
  readonly stream: boolean;
  readonly noValueOnSuccess: boolean;
}

const UINT64_LIMIT = 1n << 64n;
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

class Refused extends Error {
  readonly failure: V2Failure;

  constructor(code: V2Code, cause: string) {
    super(cause);
    this.failure = refusal(code, cause);
  }
}

/** The first fault in etcd's order is the one that is told. */
export function parseKeyQuery(method: string, form: Form): KeyQuery | V2Failure {
  try {
    return read(method, form);
  } catch (error) {
    if (error instanceof Refused) return error.failure;
    throw error;
  }
}

function read(method: string, form: Form): KeyQuery {
  const prevIndex = index(form, 'prevIndex');
  const waitIndex = index(form, 'waitIndex');
  const recursive = flag(form, 'recursive');
  const sorted = flag(form, 'sorted');
  const wait = flag(form, 'wait');
  const dir = flag(form, 'dir');
  const quorum = flag(form, 'quorum');
  const stream = flag(form, 'stream');
  if (wait && method !== 'GET') {
    throw new Refused(V2_CODE.invalidField, '"wait" can only be used with GET requests');
  }
  const prevValue = first(form, 'prevValue');
  if (prevValue === '' && form.has('prevValue')) {
    throw new Refused(V2_CODE.prevValueRequired, '"prevValue" cannot be empty');
  }
  const noValueOnSuccess = flag(form, 'noValueOnSuccess');
  const ttlSeconds = ttl(form);
  const prevExist = optionalFlag(form, 'prevExist');
  const refresh = optionalFlag(form, 'refresh') ?? false;
  if (refresh) checkRefresh(form, ttlSeconds);
  return {
    value: first(form, 'value'),
    dir,
    prevValue,
    prevIndex,
    prevExist,
    ttlSeconds,
    refresh,
    wait,
    waitIndex,
    recursive,
    sorted,
    quorum,
    stream,
    noValueOnSuccess,
  };
}

function checkRefresh(form: Form, ttlSeconds: bigint | undefined): void {
  if (first(form, 'value') !== '') {
    throw new Refused(V2_CODE.refreshValue, 'A value was provided on a refresh');
  }
  if (ttlSeconds === undefined) {
    throw new Refused(V2_CODE.refreshTtlRequired, 'No TTL value set');
  }
}

function first(form: Form, name: string): string {
  return form.get(name)?.[0] ?? '';
}

function index(form: Form, name: string): bigint {
  if (!form.has(name)) return 0n;
  const value = uint64(first(form, name));
  if (value === undefined) throw new Refused(V2_CODE.indexNotNumber, `invalid value for "${name}"`);
  return value;
}

/** An empty one is none. */
function ttl(form: Form): bigint | undefined {
  const text = first(form, 'ttl');
  if (text === '') return undefined;
  const value = uint64(text);
  if (value === undefined) throw new Refused(V2_CODE.ttlNotNumber, 'invalid value for "ttl"');
  return value;
}

function uint64(text: string): bigint | undefined {
  if (!/^\d+$/u.test(text)) return undefined;
  // Twenty digits are enough for the largest; leading zeros do not count.
  const digits = text.replace(/^0+(?=\d)/u, '');
  if (digits.length > 20) return undefined;
  const value = BigInt(digits);
  return value < UINT64_LIMIT ? value : undefined;
}

/** Its fault is told with the name in quotes, the others' without. */
function flag(form: Form, name: string): boolean {
  return form.has(name) && (optionalFlag(form, name, `"${name}"`) ?? false);
}

function optionalFlag(form: Form, name: string, shown = name): boolean | undefined {
  const text = form.get(name)?.[0];
  if (text === undefined) return undefined;
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new Refused(V2_CODE.invalidField, `invalid value for ${shown}`);
}
