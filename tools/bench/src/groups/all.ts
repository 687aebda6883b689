import type { Group } from '../group.js';
import { CLOSED_LOOPS } from './closed-loop.js';
import { CLUSTER } from './cluster.js';
import { GROWTH } from './growth.js';
import { LEASES, WATCHERS } from './idle-holders.js';
import { IDLE } from './idle.js';
import { PACE } from './pace.js';
import { STALL } from './stall.js';
import { V2 } from './v2.js';
import { WIDE_RANGE } from './wide-range.js';

/** In the order of the document. */
export const GROUPS: readonly Group[] = [
  ...CLOSED_LOOPS,
  ...[WIDE_RANGE, CLUSTER, PACE, STALL, IDLE, WATCHERS, LEASES, GROWTH, V2],
];
