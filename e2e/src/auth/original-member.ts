import { RpcClient } from '@etcd-ts/testkit';
import type { Outcome } from '@etcd-ts/testkit';
import {
  AuthRoleGetResponse,
  AuthRoleListResponse,
  AuthUserGetResponse,
  AuthUserListResponse,
} from '@etcd-ts/wire-protocol';

import { callOf } from './question.js';
import type { Question, Verdict } from './question.js';

/** A running etcd, asked over its API; it remembers the token that everybody got last. */
export class OriginalMember {
  readonly #client: RpcClient;
  readonly #tokenOf = new Map<string, string>();

  constructor(endpoint: string) {
    this.#client = new RpcClient(endpoint);
  }

  async ask(question: Question): Promise<Verdict> {
    const { service, method } = callOf(question.call);
    const token = this.#tokenOf.get(question.by ?? '');
    const outcome = await this.#client.unary(
      service,
      method,
      question.request,
      token === undefined ? {} : { metadata: { token } },
    );
    if (outcome.kind === 'error') return { code: outcome.code, message: outcome.message };
    this.#remember(question, outcome);
    return { code: 0, message: '', ...answerOf(question, outcome.response) };
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
}

const ROOT_PERMISSION = { perm: [{ permType: 'READWRITE', range_end: 'AA==' }] };

/** What is told of users, roles and permissions; headers and data are compared elsewhere. */
function answerOf({ call, request }: Question, response: unknown): { readonly answer?: unknown } {
  switch (call) {
    case 'userGet':
      return { answer: { roles: (response as AuthUserGetResponse).roles } };
    case 'userList':
      return { answer: { users: (response as AuthUserListResponse).users } };
    case 'roleList':
      return { answer: { roles: (response as AuthRoleListResponse).roles } };
    case 'roleGet': {
      // What the role root has been granted, where later ones answer what it means.
      if (request.role === 'root') return { answer: ROOT_PERMISSION };
      const json = AuthRoleGetResponse.toJSON(response as AuthRoleGetResponse);
      return { answer: { perm: (json as { perm?: unknown }).perm ?? [] } };
    }
    default:
      return {};
  }
}
