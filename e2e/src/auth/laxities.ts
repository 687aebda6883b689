import { ERRORS } from '@etcd-ts/wire-protocol';
import type { RequestOp, TxnRequest } from '@etcd-ts/wire-protocol';

import type { Question, Verdict } from './question.js';

/**
 * What etcd 3.4.23 lets through although it should not: holes that later releases have closed, and
 * that are closed here.
 */
const LAXITIES: Readonly<Record<string, (question: Question, ours: Verdict) => boolean>> = {
  'CVE-2026-33343, CVE-2026-44283: what a transaction hides in its operations': (question) =>
    question.call === 'txn' && hidesSomething(question.request),
  'CVE-2026-33413: leases are granted and revoked without a name': ({ call }, { message }) =>
    ['leaseGrant', 'leaseRevoke'].includes(call) && message === ERRORS.UserEmpty.message,
  'CVE-2023-32082: leases and their keys are told to everybody': ({ call }) =>
    ['leaseTimeToLive', 'leaseLeases'].includes(call),
};

const DENIALS: readonly string[] = [
  ERRORS.PermissionDenied.message,
  ERRORS.UserEmpty.message,
  ERRORS.InvalidAuthToken.message,
];

/** The laxity for which the original may well answer what is refused here; undefined: there is none. */
export function laxityOf(question: Question, ours: Verdict): string | undefined {
  if (!DENIALS.includes(ours.message)) return undefined;
  return Object.entries(LAXITIES).find(([, explains]) => explains(question, ours))?.[0];
}

/** A transaction within, or a put whose lease or whose previous value matters. */
function hidesSomething({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].some(({ request }: RequestOp) => {
    if (request?.$case === 'requestTxn') return true;
    if (request?.$case !== 'requestPut') return false;
    return request.value.prevKv || request.value.lease !== 0n;
  });
}
