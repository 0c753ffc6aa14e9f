export {
  CloseChannel,
  SetExtranoncePrefix,
  SetGroupChannel,
  SetTarget,
  UpdateChannel,
  UpdateChannelError,
} from './channel.ts';
export { SetCustomMiningJob, SetCustomMiningJobError, SetCustomMiningJobSuccess } from './customJobs.ts';
export {
  OPEN_MINING_CHANNEL_ERROR_CODES,
  type OpenMiningChannelErrorCode,
  SET_CUSTOM_MINING_JOB_ERROR_CODES,
  type SetCustomMiningJobErrorCode,
  SUBMIT_SHARES_ERROR_CODES,
  type SubmitSharesErrorCode,
  UPDATE_CHANNEL_ERROR_CODES,
  type UpdateChannelErrorCode,
} from './errorCodes.ts';
export { MINING_SETUP_FLAGS, MINING_SETUP_SUCCESS_FLAGS } from './flags.ts';
export { NewExtendedMiningJob, NewMiningJob, SetNewPrevHash } from './jobs.ts';
export {
  OpenExtendedMiningChannel,
  OpenExtendedMiningChannelSuccess,
  OpenMiningChannelError,
  OpenStandardMiningChannel,
  OpenStandardMiningChannelSuccess,
} from './open.ts';
export { SubmitSharesError, SubmitSharesExtended, SubmitSharesStandard, SubmitSharesSuccess } from './shares.ts';
