export interface SrvRecord {
  /** Normal form: lower case, no dot at the end. */
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly ttlSeconds: number;
}

export interface AddressRecord {
  /** IPv4 or IPv6, as text. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly ttlSeconds: number;
}

/** Types of records that are asked for here. */
export type QueryType = 'SRV' | 'A' | 'AAAA';

export type Lookup<Found> =
  | { readonly kind: 'found'; readonly records: readonly Found[] }
  /** A server said that there is no such name, or nothing of that type. */
  | { readonly kind: 'missing'; readonly reason: string; readonly ttlSeconds: number }
  /** Nobody said anything that makes sense: another try may. */
  | { readonly kind: 'failed'; readonly reason: string };
