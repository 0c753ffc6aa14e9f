export { DeviceCore } from './deviceCore.ts';
export {
  DEFAULT_DEVICE_TIMEOUTS,
  type DeviceCoreOptions,
  type DeviceDescription,
  type DeviceEvent,
  type DeviceInput,
  type DeviceOutput,
  type DeviceTimeouts,
} from './deviceTypes.ts';
export { type SearchChunk, SearchCursor, type SearchOrder, versionMaskOf } from './searchCursor.ts';
