export { ManualTime, settle } from './manual-time.js';
