export const GRPC_CONTENT_TYPE = 'application/grpc';
