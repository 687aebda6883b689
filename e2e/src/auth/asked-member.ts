import { RpcClient } from '@etcd-ts/testkit';
import type { Outcome } from '@etcd-ts/testkit';
import {
  AuthRoleGetResponse,
  AuthRoleListResponse,
  AuthUserGetResponse,
  AuthUserListResponse,
  ERRORS,
} from '@etcd-ts/wire-protocol';

import { callOf } from './question.js';
import type { Question, Verdict } from './question.js';

/** What ours tells somebody who has guessed passwords too often: to come back in a moment. */
const SLOW_DOWN = ERRORS.RequestTooManyRequests.message;
const SLOW_DOWN_MS = 2_000;
const MAX_TRIES = 10;

const ROOT_PERMISSION = { perm: [{ permType: 'READWRITE', range_end: 'AA==' }] };

/** A running node, asked over its API; it remembers the token that everybody got last. */
export class AskedMember {
  readonly #client: RpcClient;
  readonly #whose: 'ours' | 'original';
  readonly #tokenOf = new Map<string, string>();

  constructor(endpoint: string, whose: 'ours' | 'original') {
    this.#client = new RpcClient(endpoint);
    this.#whose = whose;
  }

  async ask(question: Question): Promise<Verdict> {
    const { service, method } = callOf(question.call);
    const token = this.#tokenOf.get(question.by ?? '');
    const options = token === undefined ? {} : { metadata: { token } };
    for (let tries = 1; ; tries++) {
      const outcome = await this.#client.unary(service, method, question.request, options);
      if (outcome.kind === 'ok') {
        this.#remember(question, outcome);
        return { code: 0, message: '', ...this.#answerOf(question, outcome.response) };
      }
      const { code, message } = outcome;
      if (message !== SLOW_DOWN || tries === MAX_TRIES) return { code, message };
      await new Promise((resolve) => setTimeout(resolve, SLOW_DOWN_MS));
    }
  }

  close(): void {
    this.#client.close();
  }

  #remember(question: Question, outcome: Outcome<unknown>): void {
    // etcd 3.4 looks at tokens also while authentication is disabled; later ones do not.
    if (question.call === 'authDisable') this.#tokenOf.clear();
    if (question.call !== 'authenticate' || outcome.kind !== 'ok') return;
    const { token } = outcome.response as { readonly token: string };
    this.#tokenOf.set(question.request.name, token);
  }

  /** What is told of users, roles and permissions; headers and data are compared elsewhere. */
  #answerOf({ call, request }: Question, response: unknown): { readonly answer?: unknown } {
    switch (call) {
      case 'userGet':
        return { answer: { roles: (response as AuthUserGetResponse).roles } };
      case 'userList':
        return { answer: { users: (response as AuthUserListResponse).users } };
      case 'roleList':
        return { answer: { roles: (response as AuthRoleListResponse).roles } };
      case 'roleGet': {
        // What the role root has been granted, where later ones answer what it means.
        if (this.#whose === 'original' && request.role === 'root')
          return { answer: ROOT_PERMISSION };
        const json = AuthRoleGetResponse.toJSON(response as AuthRoleGetResponse);
        return { answer: { perm: (json as { perm?: unknown }).perm ?? [] } };
      }
      default:
        return {};
    }
  }
}
