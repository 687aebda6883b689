import type { Rng } from '@etcd-ts/foundation';

import { chance, pick } from '../differential/universe.js';
import type { HttpRequest } from './http-request.js';

const NAMES = [
  'a',
  'b',
  'dir',
  '_hidden',
  'with%20space',
  '%E2%82%AC',
  'x+y',
  'q;r',
  '%3Ca%26b%3E',
];
/** What a path may have in it that is no name. */
const ODD_SEGMENTS = ['', '.', '..', '%2e%2e', '%2F', 'a%2Fb', '%00', '%zz', '*'];
const VALUES = [
  '',
  'one',
  'two',
  '%E2%82%AC',
  '%3Cb%3E%26%22%5C',
  '%00%08%0C%0A',
  'a+b%2Bc',
  'true',
];
const BOOLEANS = ['true', 'false', '1', '0', 'T', 'F', 'True', 'FALSE'];
const NO_BOOLEANS = ['', 'yes', 'tRue', '2'];
const NO_NUMBERS = ['', 'x', '-1', '+1', '0x1', '1.5', '1_0', '18446744073709551616'];
/** Too long to expire in a run; the last ones are beyond 63 bits of nanoseconds. */
const TTLS = ['', '5000', '100000', '0100000', '9999999999999999999'];
const FORM = 'application/x-www-form-urlencoded';
const ODD_TYPES = [
  '',
  'application/json',
  'text/plain',
  'APPLICATION/x-www-form-urlencoded; charset=utf-8',
  `${FORM};`,
  `${FORM}; charset`,
  ';;',
  'multipart/form-data; boundary=x',
];
const METHODS = ['GET', 'GET', 'GET', 'PUT', 'PUT', 'PUT', 'PUT', 'POST', 'DELETE', 'DELETE'];
const ODD_METHODS = ['HEAD', 'PATCH', 'LOCK'];
const FLAGS = ['recursive', 'sorted', 'quorum', 'stream', 'dir', 'noValueOnSuccess'];

/** Directories go about as fast as they come, or a history soon consists of refusals. */
const LIKELY: Readonly<Record<string, number>> = {
  'GET recursive': 0.25,
  'DELETE recursive': 0.5,
  'DELETE dir': 0.25,
  'PUT dir': 0.12,
  'POST dir': 0.12,
};

/** What a request of a history may refer to. */
export interface V2Timeline {
  /** The store's index as last seen. */
  readonly index: number;
}

export function anyPath(rng: Rng): string {
  const depth = rng.below(4);
  const segments = Array.from({ length: depth }, () =>
    chance(rng, 0.02) ? pick(rng, ODD_SEGMENTS) : pick(rng, NAMES),
  );
  const slash = chance(rng, 0.1) ? '/' : '';
  return `/v2/keys${segments.map((segment) => `/${segment}`).join('')}${slash}`;
}

/** Any request to /v2/keys but those that wait. */
export function anyKeyRequest(rng: Rng, timeline: V2Timeline): HttpRequest {
  const method = chance(rng, 0.02) ? pick(rng, ODD_METHODS) : pick(rng, METHODS);
  const parameters = anyParameters(rng, method, timeline);
  // Most clients put the value into the body and the rest into the query; all may be anywhere.
  const inBody = parameters.filter(([name]) =>
    chance(rng, name === 'value' || name === 'ttl' ? 0.8 : 0.3),
  );
  const inQuery = parameters.filter((parameter) => !inBody.includes(parameter));
  const query = written(rng, inQuery);
  const body = ['PUT', 'POST'].includes(method) ? written(rng, inBody) : '';
  const type = chance(rng, 0.03) ? pick(rng, ODD_TYPES) : FORM;
  const path = anyPath(rng);
  return {
    // Go answers a HEAD of no path at all with a body, which no client can make sense of.
    method: method === 'HEAD' && path.includes('%zz') ? 'GET' : method,
    target: `${path}${query === '' ? '' : `?${query}`}`,
    headers: body === '' || type === '' ? {} : { 'Content-Type': type },
    body,
  };
}

/** Waits for a change, or tells at once of one that was. */
export function anyWait(rng: Rng, { index }: V2Timeline): HttpRequest {
  const parameters: Parameter[] = [['wait', 'true']];
  if (chance(rng, 0.5)) parameters.push(['recursive', 'true']);
  const stream = chance(rng, 0.3);
  // A stream that begins in the past is one of the listed differences.
  if (stream) parameters.push(['stream', 'true']);
  else if (chance(rng, 0.5)) {
    const since = chance(rng, 0.1) ? rng.below(10) : index - 20 + rng.below(30);
    parameters.push(['waitIndex', String(Math.max(0, since))]);
  }
  return {
    method: 'GET',
    target: `${anyPath(rng)}?${written(rng, parameters)}`,
    headers: {},
    body: '',
  };
}

type Parameter = readonly [name: string, value: string];

function anyParameters(rng: Rng, method: string, { index }: V2Timeline): Parameter[] {
  const parameters: Parameter[] = [];
  const writes = method === 'PUT' || method === 'POST';
  if (chance(rng, writes ? 0.8 : 0.02)) parameters.push(['value', pick(rng, VALUES)]);
  if (chance(rng, writes ? 0.15 : 0.02))
    parameters.push(['ttl', pick(rng, [...TTLS, ...(chance(rng, 0.1) ? NO_NUMBERS : [])])]);
  for (const name of FLAGS) {
    const likely = LIKELY[`${method} ${name}`] ?? 0.06;
    if (chance(rng, likely)) parameters.push([name, anyBoolean(rng)]);
  }
  if (chance(rng, method === 'PUT' ? 0.2 : 0.02)) parameters.push(['prevExist', anyBoolean(rng)]);
  if (chance(rng, 0.12)) parameters.push(['prevValue', pick(rng, VALUES)]);
  if (chance(rng, 0.1))
    parameters.push([
      'prevIndex',
      chance(rng, 0.1) ? pick(rng, NO_NUMBERS) : String(Math.max(0, index - rng.below(8))),
    ]);
  if (chance(rng, 0.05)) parameters.push(['refresh', anyBoolean(rng)]);
  if (chance(rng, 0.01)) parameters.push(['waitIndex', pick(rng, NO_NUMBERS)]);
  if (method !== 'GET' && chance(rng, 0.01)) parameters.push(['wait', anyBoolean(rng)]);
  if (chance(rng, 0.05))
    parameters.push(pick(rng, parameters.length > 0 ? parameters : [['unknown', '1']]));
  return parameters;
}

function anyBoolean(rng: Rng): string {
  return chance(rng, 0.04)
    ? pick(rng, NO_BOOLEANS)
    : pick(rng, chance(rng, 0.8) ? ['true'] : BOOLEANS);
}

function written(rng: Rng, parameters: readonly Parameter[]): string {
  const text = parameters.map(([name, value]) => `${name}=${value}`).join('&');
  if (!chance(rng, 0.02)) return text;
  return pick(rng, [`${text};x=1`, `${text}&x=%zz`, `${text}&%4`, `${text}&&=&`, `${text}&flag`]);
}
