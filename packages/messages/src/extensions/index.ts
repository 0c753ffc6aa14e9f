export {
  EXTENSIONS_NEGOTIATION,
  RequestExtensions,
  RequestExtensionsError,
  RequestExtensionsSuccess,
} from './negotiation.ts';
export { TLV_DEFINITIONS, type TlvDefinition, USER_IDENTITY_TLV, WORKER_HASHRATE_TRACKING } from './workerHashrate.ts';
