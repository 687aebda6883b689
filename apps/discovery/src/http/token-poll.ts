import type { Response } from 'express';
import { nextEvent } from '../registry/token-state.js';
import type { TokenState } from '../registry/token-state.js';
import type { TokenStore } from '../registry/token-store.js';
import type { LongPolls, Poll } from './long-polls.js';
import type { V2Answer } from './v2-body.js';
import { errorAnswer, eventBody, tokenKey } from './v2-body.js';
import { sendV2, setV2Headers } from './v2-response.js';

export interface PollTarget {
  readonly token: string;
  /** One member's key; undefined: all of the token's. */
  readonly member: string | undefined;
  /** 0: from now on. */
  readonly waitIndex: number;
}

export type PollEnd = 'answered' | 'noRoom';

/**
 * Waits for the next event and answers with it. What a client must never see is a success without
 * an event: old clients fail on it, newer ones ask again at once. So a poll that has to end without
 * one ends with 503, or, once its head is out, with a broken connection; for etcd's client both
 * mean to come back later.
 */
export async function answerPoll(
  response: Response,
  target: PollTarget,
  { store, polls }: { readonly store: TokenStore; readonly polls: LongPolls },
): Promise<PollEnd> {
  let index = 0;
  const poll = polls.enter(target.token, () => keepAlive(response, index));
  if (poll === undefined) return 'noRoom';
  response.once('close', () => poll.leave());
  try {
    let { waitIndex } = target;
    for (;;) {
      const state = await store.read(target.token);
      if (waitIndex === 0) waitIndex = (state?.index ?? 0) + 1;
      if (index === 0) index = state?.index ?? 0;
      const answer = answerTo(state, { ...target, waitIndex }, index);
      if (answer !== undefined) {
        finish(response, answer);
        return 'answered';
      }
      if ((await poll.next()) === 'ended') {
        finish(response, errorAnswer('unavailable', 'the wait is over', index));
        return 'answered';
      }
    }
  } finally {
    leave(poll);
  }
}

const leave = (poll: Poll): void => poll.leave();

function answerTo(
  state: TokenState | undefined,
  { token, member, waitIndex }: PollTarget,
  index: number,
): V2Answer | undefined {
  if (state === undefined) return errorAnswer('keyNotFound', tokenKey(token), index);
  const event = nextEvent(state, waitIndex, member);
  switch (event.kind) {
    case 'none':
      return undefined;
    case 'revoked':
      return errorAnswer('unavailable', 'a member was removed; look again', state.index);
    case 'created':
      return { status: 200, index, body: eventBody(token, event.member) };
  }
}

/** Blank space before the event means nothing in JSON, and shows that somebody is still there. */
function keepAlive(response: Response, index: number): void {
  if (response.destroyed || response.writableEnded) return;
  if (!response.headersSent) {
    response.status(200);
    setV2Headers(response, index);
  }
  response.write('\n');
}

function finish(response: Response, answer: V2Answer): void {
  if (!response.headersSent) return sendV2(response, answer);
  if (answer.status === 200) response.end(answer.body);
  else response.destroy();
}
