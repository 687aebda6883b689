/** In the folder of a recording. */
export const DATA = 'data';
export const MARKS = 'marks';
export const HISTORY = 'history.json';
export const CALLS = 'calls.txt';
