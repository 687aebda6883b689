import type { Flavour } from '@etcd-ts/testkit';

/** The same of both servers. */
export type Sides<T> = Readonly<Record<Flavour, T>>;

/** The order in which the servers take turns. */
export const FLAVOURS: readonly Flavour[] = ['reference', 'ours'];
