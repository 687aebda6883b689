/** Apart from the commands themselves, which a node does without. */
const PROXY_WORDS = new Set(['gateway', 'grpc-proxy']);

/** Whether the command line is about a proxy and not about a node. */
export const isProxyCommand = ([word = '']: readonly string[]): boolean => PROXY_WORDS.has(word);
