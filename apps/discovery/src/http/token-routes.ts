import type { Request, RequestHandler, Response } from 'express';
import { Router, urlencoded } from 'express';
import type { Logger } from '@etcd-ts/foundation';
import type { DiscoveryMetrics } from '../metrics.js';
import { complaintAboutValue } from '../registry/member-value.js';
import { memberOf } from '../registry/token-state.js';
import type { TokenState } from '../registry/token-state.js';
import type { TokenStore } from '../registry/token-store.js';
import type { LongPolls } from './long-polls.js';
import { parameter, waitParameters } from './parameters.js';
import { answerPoll } from './token-poll.js';
import type { V2Answer } from './v2-body.js';
import {
  configAnswer,
  createdAnswer,
  deletedAnswer,
  directoryAnswer,
  errorAnswer,
  keyOfPath,
  memberAnswer,
  memberKey,
  sizeAnswer,
  tokenKey,
} from './v2-body.js';
import { sendV2 } from './v2-response.js';

export interface TokenRouteParts {
  readonly store: TokenStore;
  readonly polls: LongPolls;
  readonly metrics: DiscoveryMetrics;
  readonly logger: Logger;
}

/** A member with all its URLs; a form that is longer is no registration. */
const MAX_FORM_BYTES = '16kb';
const TOKEN = /^\/([a-f0-9]{32})\/?$/u;
const CONFIG = /^\/([a-f0-9]{32})\/_config\/?$/u;
const SIZE = /^\/([a-f0-9]{32})\/_config\/size\/?$/u;
const MEMBER = /^\/([a-f0-9]{32})\/([^/]+)\/?$/u;
const ANYTHING = /^\/[a-f0-9]{32}(?:\/.*)?$/u;
const MEMBER_ID = /^[a-f0-9]{1,16}$/u;
/** Conditions and lives that an entry of a registry does not have. */
const REFUSED_FIELDS = ['prevValue', 'prevIndex', 'ttl', 'refresh', 'dir'] as const;

/** The part of the log that says which token without giving it away. */
const shown = (token: string): string => `${token.slice(0, 6)}...`;

/** The v2 keys API of the tokens, as far as discovery uses it. */
export function tokenRoutes(parts: TokenRouteParts): Router {
  const router = Router();
  const answer =
    (handle: (request: Request) => Promise<V2Answer>): RequestHandler =>
    async (request, response) =>
      sendV2(response, await handle(request));
  const read = (request: Request, response: Response): Promise<void> =>
    readOrPoll(parts, request, response);
  const form = urlencoded({ extended: false, limit: MAX_FORM_BYTES });

  router.get(
    CONFIG,
    answer((request) => readConfig(parts, request, configAnswer)),
  );
  router.get(
    SIZE,
    answer((request) => readConfig(parts, request, sizeAnswer)),
  );
  router.get(TOKEN, read);
  router.get(MEMBER, read);
  router.put(
    MEMBER,
    form,
    answer((request) => register(parts, request)),
  );
  router.delete(
    MEMBER,
    answer((request) => remove(parts, request)),
  );
  // A directory and its size are made by /new and by nobody else.
  router.put(
    SIZE,
    answer(({ path }) => Promise.resolve(errorAnswer('keyReserved', keyOfPath(path)))),
  );
  for (const method of ['put', 'delete'] as const) {
    router[method](
      TOKEN,
      answer(({ path }) => Promise.resolve(errorAnswer('notFile', keyOfPath(path)))),
    );
  }
  router.get(
    ANYTHING,
    answer(({ path }) => Promise.resolve(errorAnswer('keyNotFound', keyOfPath(path)))),
  );
  router.all(ANYTHING, (_request, response) => {
    response.setHeader('Allow', 'GET, PUT, DELETE');
    response.status(405).type('text/plain').send('only GET, PUT and DELETE are served here\n');
  });
  return router;
}

const tokenOf = (request: Request): string => String(request.params[0]);
const memberIdOf = (request: Request): string => String(request.params[1]);

async function readConfig(
  { store }: TokenRouteParts,
  request: Request,
  answerWith: (state: TokenState) => V2Answer,
): Promise<V2Answer> {
  const token = tokenOf(request);
  const state = await store.read(token);
  return state === undefined ? errorAnswer('keyNotFound', tokenKey(token)) : answerWith(state);
}

async function readOrPoll(
  parts: TokenRouteParts,
  request: Request,
  response: Response,
): Promise<void> {
  const token = tokenOf(request);
  const member = request.params[1] === undefined ? undefined : memberIdOf(request);
  const wait = waitParameters(request);
  if (wait.kind === 'invalid') {
    const name = wait.field === 'index' ? 'indexNotNumber' : 'invalidField';
    return sendV2(response, errorAnswer(name, wait.cause));
  }
  if (wait.kind === 'read') return sendV2(response, await readNode(parts, token, member));
  const target = { token, member, waitIndex: wait.waitIndex };
  if ((await answerPoll(response, target, parts)) === 'noRoom') {
    parts.metrics.rejected('polls');
    sendV2(response, errorAnswer('unavailable', 'too many members wait; come back later'));
  }
}

async function readNode(
  { store }: TokenRouteParts,
  token: string,
  member: string | undefined,
): Promise<V2Answer> {
  const state = await store.read(token);
  if (state === undefined) return errorAnswer('keyNotFound', tokenKey(token));
  if (member === undefined) return directoryAnswer(state);
  const entry = memberOf(state, member);
  if (entry === undefined) return errorAnswer('keyNotFound', memberKey(token, member), state.index);
  return memberAnswer(state, entry);
}

async function register(
  { store, metrics, logger }: TokenRouteParts,
  request: Request,
): Promise<V2Answer> {
  const token = tokenOf(request);
  const id = memberIdOf(request);
  const value = parameter(request, 'value');
  const complaint = complaintAboutForm(request, id, value);
  if (complaint !== undefined || value === undefined) {
    return complaint ?? errorAnswer('valueRequired', 'a member registers with a value');
  }
  const outcome = await store.register(token, id, value);
  switch (outcome.kind) {
    case 'registered':
      metrics.member('registered');
      logger.info('member registered', { token: shown(token), member: id });
      return createdAnswer(token, outcome.member, outcome.index);
    case 'exists':
      return errorAnswer('keyExists', memberKey(token, id), outcome.index);
    case 'complete':
      logger.info('member came too late', { token: shown(token), member: id });
      return errorAnswer('full', memberKey(token, id), outcome.index);
    case 'unknownToken':
      return errorAnswer('keyNotFound', tokenKey(token));
    case 'noRoom':
      metrics.rejected('storage');
      return errorAnswer('unavailable', 'the storage is full; come back later');
  }
}

/** A registration happens once and is never changed, whether or not the form asks for that. */
function complaintAboutForm(
  request: Request,
  id: string,
  value: string | undefined,
): V2Answer | undefined {
  if (id.startsWith('_')) return errorAnswer('keyReserved', keyOfPath(request.path));
  if (!MEMBER_ID.test(id)) return errorAnswer('invalidField', 'a member id is hexadecimal');
  const prevExist = parameter(request, 'prevExist');
  if (prevExist !== undefined && prevExist !== 'false') {
    return errorAnswer('invalidField', 'a registration cannot be changed');
  }
  const refused = REFUSED_FIELDS.find((name) => parameter(request, name) !== undefined);
  if (refused !== undefined) return errorAnswer('invalidField', `"${refused}" has no place here`);
  const complaint = value === undefined ? undefined : complaintAboutValue(value);
  return complaint === undefined ? undefined : errorAnswer('invalidField', complaint);
}

async function remove(
  { store, metrics, logger }: TokenRouteParts,
  request: Request,
): Promise<V2Answer> {
  const token = tokenOf(request);
  const id = memberIdOf(request);
  const outcome = await store.remove(token, id);
  switch (outcome.kind) {
    case 'removed':
      metrics.member('removed');
      logger.info('member removed', { token: shown(token), member: id });
      return deletedAnswer(token, outcome.member, outcome.index);
    case 'sealed':
      return errorAnswer('sealed', 'the cluster is complete', outcome.index);
    case 'unknownMember':
      return errorAnswer('keyNotFound', memberKey(token, id), outcome.index);
    case 'unknownToken':
      return errorAnswer('keyNotFound', tokenKey(token));
  }
}
