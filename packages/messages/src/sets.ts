import type { Infer, MessageDefinition } from '@stratumkit/codec';
import * as common from './common/index.ts';
import * as extensions from './extensions/index.ts';
import * as jobDeclaration from './job-declaration/index.ts';
import * as mining from './mining/index.ts';
import type { Protocol } from './protocol.ts';
import * as templateDistribution from './template-distribution/index.ts';

/** A message with its name, so that unions of messages can be told apart. */
export interface MessageOf<Definition extends { readonly name: string }> {
  readonly name: Definition['name'];
  readonly value: Infer<Definition>;
}

const COMMON = [
  common.SetupConnection,
  common.SetupConnectionSuccess,
  common.SetupConnectionError,
  common.ChannelEndpointChanged,
  common.Reconnect,
] as const;

const MINING = [
  mining.OpenStandardMiningChannel,
  mining.OpenStandardMiningChannelSuccess,
  mining.OpenMiningChannelError,
  mining.OpenExtendedMiningChannel,
  mining.OpenExtendedMiningChannelSuccess,
  mining.NewMiningJob,
  mining.UpdateChannel,
  mining.UpdateChannelError,
  mining.CloseChannel,
  mining.SetExtranoncePrefix,
  mining.SubmitSharesStandard,
  mining.SubmitSharesExtended,
  mining.SubmitSharesSuccess,
  mining.SubmitSharesError,
  mining.NewExtendedMiningJob,
  mining.SetNewPrevHash,
  mining.SetTarget,
  mining.SetCustomMiningJob,
  mining.SetCustomMiningJobSuccess,
  mining.SetCustomMiningJobError,
  mining.SetGroupChannel,
] as const;

const JOB_DECLARATION = [
  jobDeclaration.AllocateMiningJobToken,
  jobDeclaration.AllocateMiningJobTokenSuccess,
  jobDeclaration.ProvideMissingTransactions,
  jobDeclaration.ProvideMissingTransactionsSuccess,
  jobDeclaration.DeclareMiningJob,
  jobDeclaration.DeclareMiningJobSuccess,
  jobDeclaration.DeclareMiningJobError,
  jobDeclaration.PushSolution,
] as const;

const TEMPLATE_DISTRIBUTION = [
  templateDistribution.CoinbaseOutputConstraints,
  templateDistribution.NewTemplate,
  templateDistribution.SetNewPrevHash,
  templateDistribution.RequestTransactionData,
  templateDistribution.RequestTransactionDataSuccess,
  templateDistribution.RequestTransactionDataError,
  templateDistribution.SubmitSolution,
] as const;

const EXTENSIONS = [
  extensions.RequestExtensions,
  extensions.RequestExtensionsSuccess,
  extensions.RequestExtensionsError,
] as const;

type UnionOf<Set extends readonly { readonly name: string }[]> = {
  [Index in keyof Set]: MessageOf<Set[Index]>;
}[number];

/** A message of spec 3.6, told apart by `name`: each may come on a connection of any subprotocol. */
export type CommonMessage = UnionOf<typeof COMMON>;
/** A message that negotiates extensions (extension 0x0001), told apart by `name`. */
export type ExtensionMessage = UnionOf<typeof EXTENSIONS>;

/** Everything that may come on a mining connection, common and extension messages included. */
export type MiningMessage = CommonMessage | ExtensionMessage | UnionOf<typeof MINING>;
/** Everything that may come on a job declaration connection, common and extension messages included. */
export type JobDeclarationMessage = CommonMessage | ExtensionMessage | UnionOf<typeof JOB_DECLARATION>;
/** Everything that may come on a template distribution connection, common and extension messages included. */
export type TemplateDistributionMessage = CommonMessage | ExtensionMessage | UnionOf<typeof TEMPLATE_DISTRIBUTION>;

/** The messages of a subprotocol's connection. */
export interface MessagesByProtocol {
  readonly mining: MiningMessage;
  readonly 'job-declaration': JobDeclarationMessage;
  readonly 'template-distribution': TemplateDistributionMessage;
}

/** Any message of any subprotocol. */
export type ProtocolMessage = MessagesByProtocol[Protocol];

/** A group of definitions as the spec lists them. */
export type MessageGroup = 'common' | Protocol | 'extensions';

/** Every message definition, in each group in the order of the spec's table (section 8). */
export const MESSAGES_BY_GROUP: Readonly<Record<MessageGroup, readonly MessageDefinition[]>> = {
  common: COMMON,
  mining: MINING,
  'job-declaration': JOB_DECLARATION,
  'template-distribution': TEMPLATE_DISTRIBUTION,
  extensions: EXTENSIONS,
};

/** Every message definition once, in the order of the spec's table (section 8), extensions last. */
export const ALL_MESSAGES: readonly MessageDefinition[] = Object.values(MESSAGES_BY_GROUP).flat();
