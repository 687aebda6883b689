import { RpcClient } from '@etcd-ts/testkit';
import { AuthDefinition } from '@etcd-ts/wire-protocol';

import { ROOT } from './users.js';

export const GUESS = 'a guess at a password';

/** One wrong login. Resolves with the message it was refused with. */
export async function guessOnce(client: RpcClient): Promise<string> {
  const { authenticate } = AuthDefinition.methods;
  const request = { name: ROOT.name, password: GUESS };
  const outcome = await client.unary(AuthDefinition, authenticate, request);
  return outcome.kind === 'error' ? outcome.message : 'logged in';
}

/**
 * So many wrong logins a second, whether they are answered or not. Resolves with the messages, counted,
 * when all are.
 */
export async function guess(
  client: RpcClient,
  { perSecond, durationMs }: { readonly perSecond: number; readonly durationMs: number },
): Promise<ReadonlyMap<string, number>> {
  const answers: Promise<void>[] = [];
  const counts = new Map<string, number>();
  const startedMs = performance.now();
  while (performance.now() - startedMs < durationMs) {
    const due = ((performance.now() - startedMs) / 1000) * perSecond;
    while (answers.length < due) {
      answers.push(
        guessOnce(client).then((answer) => {
          counts.set(answer, (counts.get(answer) ?? 0) + 1);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(answers);
  return counts;
}
