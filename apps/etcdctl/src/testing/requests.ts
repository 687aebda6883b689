import type { Condition } from '@etcd-ts/client';

/** The key space of a client that is in no namespace. */
export const WHOLE: Parameters<Condition>[0] = {
  prefix: Buffer.alloc(0),
  outward: (range) => range,
  inward: (key) => key,
};
