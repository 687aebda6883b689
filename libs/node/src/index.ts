export { startNode } from './node.js';
export type { Node, NodeParts } from './node.js';
