export { DeviceCore } from './deviceCore.ts';
export {
  DEFAULT_DEVICE_TIMEOUTS,
  type DeviceCoreOptions,
  type DeviceDescription,
  type DeviceEvent,
  type DeviceInput,
  type DeviceOutput,
  type DeviceTimeouts,
  MAX_REDIRECTS,
} from './deviceTypes.ts';
export { type SearchChunk, SearchCursor, type SearchOrder, versionMaskOf } from './searchCursor.ts';
