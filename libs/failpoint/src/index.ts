export { activateFailpoints, failpoint } from './failpoint.js';
export type { Failpoints } from './failpoint.js';
export { FAILPOINT_NAMES } from './names.js';
export type { FailpointName } from './names.js';
export { FailpointRegistry, isFailpoint } from './registry.js';
export type { FailpointHost } from './registry.js';
