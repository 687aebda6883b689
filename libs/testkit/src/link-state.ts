/**
 * What happens to bytes on their way from one member to another. One TCP connection carries bytes
 * of two links, whoever dialled it: requests travel on the one, answers on the other.
 */
export type LinkState =
  | { readonly kind: 'open' }
  /** Each chunk arrives so much later, in order. */
  | { readonly kind: 'delayed'; readonly delayMs: number; readonly jitterMs: number }
  /**
   * Nothing arrives, neither bytes nor the end of a connection, until the link opens again: what a
   * network does that loses all packets, with TCP sending them again.
   */
  | { readonly kind: 'held' }
  /** Connections break, and new ones break at once: what a reset or an unplugged host does. */
  | { readonly kind: 'severed' }
  /** Open for so many more bytes, then severed. */
  | { readonly kind: 'limited'; readonly bytes: number };

export const OPEN: LinkState = { kind: 'open' };
