export {
  SV1_PROFILE_NAMES,
  SV1_PROFILES,
  type Sv1GreetingCall,
  type Sv1Profile,
  type Sv1ProfileName,
} from './profiles.ts';
export { Sv1DeviceCore } from './sv1DeviceCore.ts';
export { MAX_REMEMBERED_JOBS } from './sv1DeviceLink.ts';
export type {
  Sv1DeviceCoreOptions,
  Sv1DeviceDescription,
  Sv1DeviceEvent,
  Sv1DeviceInput,
  Sv1DeviceOutput,
} from './sv1DeviceTypes.ts';
