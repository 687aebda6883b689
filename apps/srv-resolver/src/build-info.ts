// Put in by the build; absent when the sources run without it, as in tests.
declare const BUILD_VERSION: string | undefined;
declare const BUILD_COMMIT: string | undefined;

export const VERSION = typeof BUILD_VERSION === 'string' ? BUILD_VERSION : 'unknown';
export const COMMIT = typeof BUILD_COMMIT === 'string' ? BUILD_COMMIT : 'unknown';
