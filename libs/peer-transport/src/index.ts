export { createDecoder, createEncoder, STREAM_KINDS } from './codec/frame-codec.js';
