export { SETUP_CONNECTION_ERROR_CODES, type SetupConnectionErrorCode } from './errorCodes.ts';
export { ChannelEndpointChanged, Reconnect } from './routing.ts';
export { PROTOCOL_VERSION, SetupConnection, SetupConnectionError, SetupConnectionSuccess } from './setup.ts';
