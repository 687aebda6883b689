import { isDeepStrictEqual } from 'node:util';

import { SeededRng } from '@etcd-ts/foundation';

import { anyQuestion } from './any-question.js';
import { AttachedKeys } from './attached-keys.js';
import { laxityOf } from './laxities.js';
import { OriginalMember } from './original-member.js';
import { callOf } from './question.js';
import type { Question, Verdict } from './question.js';
import { SimulatedMember } from './simulated-member.js';

export interface AuthDifferentialOptions {
  readonly seed: number;
  readonly decisions: number;
  /** "address:port" of an etcd without users. */
  readonly endpoint: string;
  readonly onProgress?: (decisions: number) => void;
}

export interface AuthDifferentialReport {
  /** How often each call got which verdict: proof that the run did something. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** How often the original let through what is refused here, by the reason. */
  readonly laxities: ReadonlyMap<string, number>;
}

/**
 * Go sorts so many by insertion, which is stable. With more, permissions for one key come in an
 * order that is nobody's promise, and which of them a further grant replaces depends on it.
 */
const MAX_PERMISSIONS = 12;

/** Everybody has a name and root rules: without a beginning most of a run would be refusals. */
const BEGINNING: readonly Question[] = [
  addUser('root'),
  { by: undefined, call: 'userGrantRole', request: { user: 'root', role: 'root' } },
  ...['r1', 'r2', 'r3'].map((name): Question => ({
    by: undefined,
    call: 'roleAdd',
    request: { name },
  })),
  ...['ann', 'bob', 'cid'].map(addUser),
];

/**
 * Asks an etcd and this repository's authorisation the same random questions, one after the other.
 * Rejects at the first verdict that differs without a known reason; the seed repeats it.
 */
export async function runAuthDifferential(
  options: AuthDifferentialOptions,
): Promise<AuthDifferentialReport> {
  const rng = new SeededRng(options.seed);
  const attached = new AttachedKeys();
  const original = new OriginalMember(options.endpoint);
  const ours = new SimulatedMember(attached);
  const verdicts = new Map<string, number>();
  const laxities = new Map<string, number>();
  const recent: Question[] = [];
  try {
    for (let decision = 0; decision < options.decisions; decision++) {
      const question =
        BEGINNING[decision] ?? bounded(next(rng, attached, recent.at(-1), verdicts), ours);
      recent.push(question);
      const asked = await original.ask(question);
      const answered = await ours.ask(question);
      const laxity = laxityOf(question, answered, asked);
      if (laxity !== undefined) count(laxities, laxity);
      else if (!isDeepStrictEqual(answered, asked)) {
        throw difference(decision, recent.slice(-8), answered, asked);
      }
      if (asked.code === 0) attached.executed(question);
      count(verdicts, `${question.call} ${asked.message === '' ? 'OK' : asked.message}`);
      options.onProgress?.(decision + 1);
    }
  } finally {
    original.close();
  }
  return { verdicts, laxities };
}

/** Who is refused for the token logs in again, now and then, as clients do. */
function next(
  rng: SeededRng,
  attached: AttachedKeys,
  last: Question | undefined,
  verdicts: ReadonlyMap<string, number>,
): Question {
  const by = last?.by;
  const invalid = last && verdicts.has(`${last.call} etcdserver: invalid auth token`);
  if (by !== undefined && invalid === true && rng.next() < 0.2) {
    const password = rng.next() < 0.5 ? 'one' : 'two';
    return { by: undefined, call: 'authenticate', request: { name: by, password } };
  }
  return anyQuestion(rng, attached.leases());
}

/** A role that is full is deleted instead of growing further. */
function bounded(question: Question, ours: SimulatedMember): Question {
  const { by, call, request } = question;
  if (call !== 'roleGrantPermission') return question;
  if (ours.permissionsIn(request.name) < MAX_PERMISSIONS) return question;
  return { by, call: 'roleDelete', request: { role: request.name } };
}

function addUser(name: string): Question {
  const request = { name, password: 'one', options: undefined, hashedPassword: '' };
  return { by: undefined, call: 'userAdd', request };
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function difference(
  decision: number,
  recent: readonly Question[],
  ours: Verdict,
  original: Verdict,
): Error {
  const lines = recent.map(({ by, call, request }) => {
    const json = callOf(call).method.requestType.toJSON(request);
    return `  ${by ?? 'nobody'}: ${call} ${JSON.stringify(json)}`;
  });
  return new Error(
    [
      `decision ${decision} differs`,
      ...lines,
      `  ours      ${JSON.stringify(ours)}`,
      `  original  ${JSON.stringify(original)}`,
    ].join('\n'),
  );
}
