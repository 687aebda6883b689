import { Backend } from '../backend/backend.js';
import { recordingLogger, TEST_CLOCK } from './temporary-directory.js';

/** Made if it is not there. */
export function openBackend(file: string): Backend {
  return Backend.open(file, { logger: recordingLogger(), clock: TEST_CLOCK, mustExist: false });
}
