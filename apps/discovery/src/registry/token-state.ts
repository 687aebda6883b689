/** A member that registered, in the words it used. */
export interface MemberEntry {
  /** Its id in lower-case hexadecimal. */
  readonly id: string;
  /** `name=url[,name=url]`. */
  readonly value: string;
  /** Of the registry, when it was created: gives the order of arrival. */
  readonly index: number;
}

/** Everything about one token at one index of the registry. */
export interface TokenState {
  readonly token: string;
  /** Members the cluster starts with. */
  readonly size: number;
  readonly createdIndex: number;
  /** Of the whole registry, at the time of reading. */
  readonly index: number;
  /** When a member was last taken back; 0: never. */
  readonly revokedIndex: number;
  /** In order of arrival; never more than `size`. */
  readonly members: readonly MemberEntry[];
}

export const isComplete = ({ members, size }: TokenState): boolean => members.length >= size;

export type RegisterDecision = 'register' | 'exists' | 'complete';

/** First come, first served, once. */
export function decideRegister(state: TokenState, id: string): RegisterDecision {
  if (memberOf(state, id) !== undefined) return 'exists';
  return isComplete(state) ? 'complete' : 'register';
}

export type RemoveDecision = 'remove' | 'unknownMember' | 'sealed';

/**
 * A member that never came up can be taken back while others are still awaited. In a complete token
 * nothing moves any more: its members have started, or are about to, with exactly this list.
 */
export function decideRemove(state: TokenState, id: string): RemoveDecision {
  if (memberOf(state, id) === undefined) return 'unknownMember';
  return isComplete(state) ? 'sealed' : 'remove';
}

export const memberOf = ({ members }: TokenState, id: string): MemberEntry | undefined =>
  members.find((member) => member.id === id);

export type NextEvent =
  | { readonly kind: 'created'; readonly member: MemberEntry }
  /** The poller's picture has somebody in it who is gone: it has to look at everything again. */
  | { readonly kind: 'revoked' }
  | { readonly kind: 'none' };

/**
 * What a poller that knows everything before `waitIndex` learns next, about all members or one.
 * etcd's client counts every event as one more member, whatever its action: a removal must never
 * reach it as an event, nor be passed over in silence.
 */
export function nextEvent(
  state: TokenState,
  waitIndex: number,
  onlyMember: string | undefined,
): NextEvent {
  if (onlyMember !== undefined) {
    const member = memberOf(state, onlyMember);
    if (member !== undefined && member.index >= waitIndex) return { kind: 'created', member };
  }
  if (state.revokedIndex >= waitIndex) return { kind: 'revoked' };
  const member = state.members.find(({ index }) => index >= waitIndex);
  if (member === undefined || onlyMember !== undefined) return { kind: 'none' };
  return { kind: 'created', member };
}
