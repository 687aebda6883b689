export { startNode } from './node.js';
export type { Node, NodeParts } from './node.js';
export { nodeConfiguration } from './node-configuration.js';
export type { NodeOptions } from './node-configuration.js';
