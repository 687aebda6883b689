import { isDeepStrictEqual } from 'node:util';

import { SeededRng } from '@etcd-ts/foundation';

import { anyQuestion } from './any-question.js';
import { AttachedKeys } from './attached-keys.js';
import { AskedMember } from './asked-member.js';
import { GrantedPermissions } from './granted-permissions.js';
import { laxityOf } from './laxities.js';
import { callOf } from './question.js';
import type { Question, Verdict } from './question.js';

export interface AuthDifferentialOptions {
  readonly seed: number;
  readonly decisions: number;
  /** "address:port" of two nodes without users. */
  readonly ours: string;
  readonly original: string;
  readonly onProgress?: (decisions: number) => void;
}

export interface AuthDifferentialReport {
  /** How often each call got which verdict: proof that the run did something. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** How often the original lets through, or would, what is refused here, by the reason. */
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
 * Asks both nodes the same random questions, one after the other. What ours refuses and the original
 * is known to let through, the original is not asked: their data would go different ways. Rejects at
 * the first verdict that differs; the seed repeats it.
 */
export async function runAuthDifferential(
  options: AuthDifferentialOptions,
): Promise<AuthDifferentialReport> {
  const rng = new SeededRng(options.seed);
  const attached = new AttachedKeys();
  const granted = new GrantedPermissions();
  const ours = new AskedMember(options.ours, 'ours');
  const original = new AskedMember(options.original, 'original');
  const verdicts = new Map<string, number>();
  const laxities = new Map<string, number>();
  const recent: Question[] = [];
  try {
    for (let decision = 0; decision < options.decisions; decision++) {
      const question =
        BEGINNING[decision] ?? bounded(next(rng, attached, recent.at(-1), verdicts), granted);
      recent.push(question);
      const answered = await ours.ask(question);
      options.onProgress?.(decision + 1);
      const laxity = laxityOf(question, answered);
      if (laxity !== undefined) {
        count(laxities, laxity);
        continue;
      }
      const asked = await original.ask(question);
      if (!isDeepStrictEqual(answered, asked)) {
        throw difference(decision, recent.slice(-8), answered, asked);
      }
      if (asked.code === 0) {
        attached.executed(question);
        granted.executed(question, asked);
      }
      count(verdicts, `${question.call} ${asked.message === '' ? 'OK' : asked.message}`);
    }
  } finally {
    ours.close();
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
function bounded(question: Question, granted: GrantedPermissions): Question {
  const { by, call, request } = question;
  if (call !== 'roleGrantPermission') return question;
  if (granted.of(request.name) < MAX_PERMISSIONS) return question;
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
