import type { Flavour } from '@etcd-ts/testkit';

/** Whose etcd the specs of clusters run: CLUSTER_KIND=reference checks the specs themselves. */
export const KIND: Flavour = process.env['CLUSTER_KIND'] === 'reference' ? 'reference' : 'ours';
