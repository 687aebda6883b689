import type { MemberEntry, TokenState } from './token-state.js';

/** The store cannot tell or keep anything now; a later try may work. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

export type CreateOutcome =
  | { readonly kind: 'created' }
  /** As many tokens as this service keeps. */
  | { readonly kind: 'noRoom' };

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly member: MemberEntry; readonly index: number }
  | { readonly kind: 'exists' | 'complete'; readonly index: number }
  | { readonly kind: 'unknownToken' }
  /** As much as this service keeps; there may be room later. */
  | { readonly kind: 'noRoom' };

export type RemoveOutcome =
  | { readonly kind: 'removed'; readonly member: MemberEntry; readonly index: number }
  | { readonly kind: 'unknownMember' | 'sealed'; readonly index: number }
  | { readonly kind: 'unknownToken' };

/**
 * Where the tokens are. What a call has answered is durable. A token whose time is over is unknown.
 * All calls reject with StoreUnavailableError, and only that, when the store does not answer.
 */
export interface TokenStore {
  create(token: string, size: number): Promise<CreateOutcome>;
  read(token: string): Promise<TokenState | undefined>;
  register(token: string, id: string, value: string): Promise<RegisterOutcome>;
  remove(token: string, id: string): Promise<RemoveOutcome>;
  /** Resolves when the store can be written to. */
  probe(): Promise<void>;
  /** Removes what has expired; resolves with the number of tokens. */
  collect(): Promise<number>;
  /** Tokens kept, where that is known without counting. */
  readonly tokenCount: number | undefined;
  close(): Promise<void>;
}

/** Called after every change of a token; without a token when any may have changed. */
export type ChangeListener = (token: string | undefined) => void;
