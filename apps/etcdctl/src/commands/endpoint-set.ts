import type { Client } from '@etcd-ts/client';
import { ExitCode, ExitError, bool } from '@etcd-ts/command-line';
import { failureText } from '../failure.js';
import type { Connected, Invocation } from '../invocation.js';

export const CLUSTER_FLAG = bool('cluster', 'use all endpoints from the cluster member list');

/** The endpoints of the command line, or with --cluster those that the members advertise. */
export async function chosenEndpoints(
  { flags }: Invocation,
  { client }: Pick<Connected, 'client'>,
): Promise<readonly string[]> {
  if (!flags.bool('cluster')) return client.endpoints;
  try {
    const { members } = await client.cluster.memberList({ linearizable: true });
    return members.flatMap((member) => member.clientURLs);
  } catch (error) {
    const message = `failed to fetch endpoints from etcd cluster member list: ${failureText(error)}`;
    throw new ExitError(ExitCode.error, message);
  }
}

export interface EndpointFailure {
  readonly endpoint: string;
  readonly error: unknown;
}

/**
 * Asks each member on its own, one after the other, as the answers are printed in that order. What
 * failed is told by `complain` and given back.
 */
export async function askEach<Answer>(
  endpoints: readonly string[],
  { member }: Pick<Connected, 'member'>,
  ask: (client: Client, endpoint: string) => Promise<Answer>,
  complain: (failure: EndpointFailure) => void,
): Promise<{ answers: { endpoint: string; answer: Answer }[]; failures: EndpointFailure[] }> {
  const answers: { endpoint: string; answer: Answer }[] = [];
  const failures: EndpointFailure[] = [];
  for (const endpoint of endpoints) {
    const client = member(endpoint);
    try {
      answers.push({ endpoint, answer: await ask(client, endpoint) });
    } catch (error) {
      failures.push({ endpoint, error });
      complain({ endpoint, error });
    } finally {
      client.close();
    }
  }
  return { answers, failures };
}
