export type { DiscoveryFailure, DiscoveryOutcome, FailureReason } from './discovery-outcome.js';
export { joinThroughV2 } from './v2/join-v2.js';
export type { Joiner, V2DiscoveryOptions } from './v2/join-v2.js';
