export type { NodeBlockTemplate, NodeTransaction } from './blockTemplate.ts';
export type { NodeAuth } from './credentials.ts';
export { NodeError, type NodeErrorCode } from './errors.ts';
export {
  type BlockchainInfo,
  type CallOptions,
  DEFAULT_LONG_POLL_TIMEOUT_MS,
  DEFAULT_MAXIMUM_RESPONSE_BYTES,
  DEFAULT_RPC_TIMEOUT_MS,
  type GetBlockTemplateOptions,
  type NodeNetwork,
  NodeRpc,
  type NodeRpcOptions,
  parseNodeUrl,
} from './nodeRpc.ts';
