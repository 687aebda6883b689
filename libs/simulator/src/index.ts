export { simulate } from './run/simulation.js';
