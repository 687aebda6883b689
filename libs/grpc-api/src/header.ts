import type { MemberFacts } from '@etcd-ts/server';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';

/** A header of this member. Revision 0 stands for the current one, as when a request names none. */
export function headerOf(facts: MemberFacts, revision = 0n): ResponseHeader {
  const { clusterId, memberId, revision: current, raftTerm } = facts.header();
  return {
    clusterId,
    memberId,
    revision: revision === 0n ? BigInt(current) : revision,
    raftTerm: BigInt(raftTerm),
  };
}

/** For services about the member and not its data: their headers have no revision. */
export function headerWithoutRevision(facts: MemberFacts): ResponseHeader {
  return { ...headerOf(facts), revision: 0n };
}

/** Completes the header of a response of ours, which carries only a revision yet. */
export function withHeader<Response extends { header: ResponseHeader | undefined }>(
  facts: MemberFacts,
  response: Response,
): Response {
  response.header = headerOf(facts, response.header?.revision);
  return response;
}
