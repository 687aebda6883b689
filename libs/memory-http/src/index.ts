export { converse } from './converse.js';
export type { Conversation } from './converse.js';
export { repliesIn } from './replies.js';
export type { MemoryReply } from './replies.js';
