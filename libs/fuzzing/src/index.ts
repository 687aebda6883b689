export { anyBytes, mutateBytes } from './byte-mutation.js';
export { mutateJson, ODD_WORDS } from './json-mutation.js';
export { edgeInt64, edgeNumber, pick, randomBytes, randomLength } from './random-value.js';
export { anyText, mutateText, randomText } from './text-mutation.js';
