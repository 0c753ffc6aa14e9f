/** Which sentence of the specification each row quotes from. */
export const SPEC_COMMIT = '0f38d51dcd569e8f76575bf03cdf12848f4a4bef';

export type Role = 'pool' | 'device' | 'template provider' | 'proxy';

/** A normative sentence with what shows that it is kept, or the reason why it does not apply. */
export interface Row {
  readonly section: string;
  /** As the specification has it, shortened with … where only a part is normative. */
  readonly sentence: string;
  readonly binds: readonly Role[];
  /** `folder/test/file.test.ts: title of the test as its source has it` */
  readonly tests: readonly string[];
  /** Where there is no test: why the sentence does not apply. Where there is one: what a reader should know. */
  readonly note?: string;
}

const ALL: readonly Role[] = ['pool', 'device', 'template provider'];
const SERVERS: readonly Role[] = ['pool', 'template provider'];

const PROXY_ONLY = 'Binds proxies.';
const DECLARATION = 'Binds job declaration, which no role here speaks: the pool answers `jd-not-supported`.';
const AUTHORS = 'Binds those who write extensions; none is defined here.';

function kept(section: string, binds: readonly Role[], sentence: string, ...tests: string[]): Row {
  return { section, sentence, binds, tests };
}

function noted(section: string, binds: readonly Role[], sentence: string, note: string, ...tests: string[]): Row {
  return { section, sentence, binds, tests, note };
}

const CONNECTION = 'packages/connection/test';
const FRAMING = 'packages/framing/test';
const CHANNELS = 'packages/channels/test';
const POOL = 'packages/roles/test/pool';
const CLIENT = 'packages/roles/test/miningClient';
const DEVICE = 'packages/roles/test/device';
const PROVIDER = 'packages/roles/test/templateServer';
const JOBS = 'packages/roles/test/jobFactory';
const MESSAGES = 'packages/messages/test';

export const ROWS: readonly Row[] = [
  noted(
    '3',
    [],
    '… clients which have full block templates MUST also propagate blocks into the Bitcoin P2P network',
    DECLARATION,
  ),
  kept(
    '3.1',
    ALL,
    'Recipients MUST NOT interpret bits outside of the least significant bit.',
    'packages/codec/test/defineMessage.test.ts: keeps only the lowest bit of a BOOL',
  ),
  kept(
    '3.2',
    ALL,
    'For messages defined in the core specification … this field MUST be set to 0.',
    `${MESSAGES}/registry.test.ts: holds exactly the messages of section 8 for %s`,
    `${FRAMING}/frame.test.ts: writes header and payload of a message`,
  ),
  kept(
    '3.2',
    ALL,
    "For messages introduced by an extension, this field MUST be set to that extension's identifier.",
    `${MESSAGES}/registry.test.ts: holds exactly the messages of extension 0x0001 for %s`,
    `${FRAMING}/frame.test.ts: writes the extension type of an extension message`,
  ),
  kept(
    '3.3',
    ['device'],
    'After receiving a request to reconnect, the downstream node MUST run the handshake protocol with the new node as long as its previous connection was also running through a secure cryptographic session state.',
    `${DEVICE}/deviceCore.test.ts: goes to the new host with the same authority key, and back to the list if that fails`,
  ),
  noted(
    '3.4',
    [],
    'The value used MUST either be in the range `0x4000` - `0x7fff` … or have been allocated for the purpose',
    AUTHORS,
  ),
  noted('3.4', [], 'While extensions SHOULD have BIPs written describing their full functionality …', AUTHORS),
  kept(
    '3.4.1',
    ALL,
    'Core protocol messages … MUST have `extension_type` set to `0x0000`.',
    `${MESSAGES}/registry.test.ts: holds exactly the messages of section 8 for %s`,
  ),
  kept(
    '3.4.1',
    ALL,
    'Extension-specific messages … MUST have `extension_type` set to the identifier of the extension that introduced them.',
    `${FRAMING}/frame.test.ts: writes the extension type of an extension message`,
  ),
  kept(
    '3.4.1',
    ALL,
    'When an extension adds TLV fields to an existing message …, the `extension_type` field MUST NOT change.',
    `${FRAMING}/frame.test.ts: appends TLV fields and counts them in the length, byte order %s`,
  ),
  noted(
    '3.4.1',
    ['proxy'],
    '… any proxy devices which receive a message with the `channel_msg` bit set and an unknown `extension_type` value MUST forward that message …',
    `${PROXY_ONLY} A connection hands such frames on unchanged.`,
    `${CONNECTION}/limits.test.ts: of an extension are handed to proxies when they are for a channel`,
  ),
  noted(
    '3.4.1',
    ['proxy'],
    'Any `channel_id` mapping/conversion … MUST be done on the `channel_id` in the first four bytes of the message payload, but the message MUST NOT be otherwise modified.',
    PROXY_ONLY,
  ),
  kept(
    '3.4.1',
    ALL,
    'If a device is aware of the semantics of a given extension type, it MUST process messages for that extension in accordance with the specification for that extension.',
    `${CONNECTION}/extensions.test.ts: agrees on %s`,
  ),
  kept(
    '3.4.1',
    ALL,
    'Messages with an unknown `extension_type` which are to be processed locally … MUST be discarded and ignored.',
    `${CONNECTION}/limits.test.ts: are reported, counted, and end the connection past a threshold`,
  ),
  kept(
    '3.4.2',
    ALL,
    'To support extensions, an implementation MUST first implement Extension 1 …',
    `${CONNECTION}/extensions.test.ts: agrees on %s`,
  ),
  kept(
    '3.4.2',
    ALL,
    'Extensions MUST require negotiation with the recipient … before sending non-version-negotiation messages for it.',
    `${CLIENT}/miningClient.test.ts: name the worker %j once the extension is negotiated`,
  ),
  kept(
    '3.4.3',
    ALL,
    'When multiple fields extend the same message type, their order MUST match the order defined in the extension.',
    `${FRAMING}/tlv.test.ts: orders by extension and keeps the order within one`,
  ),
  kept(
    '3.4.3',
    ALL,
    'TLV fields MUST be placed at the end of the message payload.',
    `${FRAMING}/frame.test.ts: appends TLV fields and counts them in the length, byte order %s`,
  ),
  kept(
    '3.4.3',
    ALL,
    'TLV fields MUST be ordered by `extension_type`. …',
    `${FRAMING}/tlv.test.ts: orders by extension and keeps the order within one`,
  ),
  kept(
    '3.4.3',
    ALL,
    'Order of TLV fields within the same extension MUST be respected. …',
    `${FRAMING}/tlv.test.ts: orders by extension and keeps the order within one`,
  ),
  kept('3.4.3', ALL, 'Length constraints MUST be respected.', `${FRAMING}/tlv.test.ts: refuses %s`),
  kept(
    '3.4.3',
    ALL,
    'If a TLV field exceeds the maximum length allowed by its specification, the recipient MUST reject the message.',
    `${CONNECTION}/extensions.test.ts: end the connection when a field is longer than its extension allows`,
    `${FRAMING}/tlv.test.ts: rejects a value over the length its extension allows`,
  ),
  kept(
    '3.4.3',
    ['pool'],
    'A device processing `SubmitSharesExtended` MUST scan for TLV fields matching any negotiated extensions …',
    `${CONNECTION}/extensions.test.ts: are TLV fields of a negotiated extension, %s-endian`,
    `${POOL}/limits.test.ts: are named in shares, rejects and blocks`,
  ),
  kept(
    '3.5',
    ALL,
    '… implementations MUST do a logging no-op for unknown error codes.',
    `${CONNECTION}/setup.test.ts: ends with what the server says, whatever that is`,
    `${DEVICE}/deviceCore.fuzz.test.ts: never throws, sends only decodable frames on live connections, and never stops trying (%s, %s)`,
  ),
  kept(
    '3.5',
    ['device'],
    'Fallback or recovery behavior MUST be based on the overall protocol state, even when a peer sends an unknown, different, or unexpected error code.',
    `${DEVICE}/deviceCore.test.ts: asks again later for a device that alone was refused`,
    `${DEVICE}/deviceCore.test.ts: gives up a connection on which every channel was refused`,
  ),
  kept(
    '3.5',
    SERVERS,
    'Implementations/pools SHOULD provide documentation on the meaning of error codes and error codes SHOULD use printable ASCII where possible.',
    'test/protocolDocs.test.ts: %s is what `pnpm docs` writes',
  ),
  kept(
    '3.5',
    SERVERS,
    '… error codes MUST NOT include control characters.',
    `${CONNECTION}/setup.test.ts: refuses for reasons of its own, with a code that is fit to be sent`,
  ),
  kept(
    '3.6.1',
    ALL,
    'This MUST be the first message sent by the client on the newly opened connection.',
    `${CONNECTION}/setup.test.ts: sends its setup first`,
    `${CONNECTION}/states.test.ts: meets %s`,
  ),
  kept(
    '3.6.1',
    SERVERS,
    'Server MUST respond with either a `SetupConnection.Success` or `SetupConnection.Error` message.',
    `${CONNECTION}/setup.test.ts: accepts with the flags of its policy`,
    `${CONNECTION}/setup.test.ts: refuses %s, then closes`,
  ),
  kept(
    '3.6.1',
    ALL,
    'Clients that are not configured to provide telemetry data to the upstream node SHOULD set `device_id` to 0-length strings.',
    'apps/mining-device/test/createMiningDevice.e2e.test.ts: mines encrypted on a standard channel',
  ),
  kept(
    '3.6.1',
    ALL,
    '… they MUST always set vendor to a string describing the manufacturer/developer and firmware version and SHOULD always set `hardware_version` …',
    'apps/mining-device/test/createMiningDevice.e2e.test.ts: mines encrypted on a standard channel',
  ),
  noted(
    '3.6.3',
    ['proxy'],
    '… clients SHOULD send a SetupConnection message with all flags set and examine the (potentially) resulting `SetupConnection.Error` message’s flags field.',
    'Meant for clients that choose between servers by their flags; the device takes a server as it is and needs none of them.',
  ),
  kept(
    '3.6.3',
    SERVERS,
    'The Server MUST provide the full set of flags which it does not support in each `SetupConnection.Error` message and MUST consistently support the same set of flags …',
    `${CONNECTION}/setup.test.ts: refuses %s, then closes`,
    'packages/roles/test/miningServer/setupPolicy.test.ts: %s',
  ),
  noted('3.6.4', ['proxy'], '… the intermediate proxy MUST send a `ChannelEndpointChanged` message.', PROXY_ONLY),
  kept(
    '3.6.4',
    ['device'],
    'Upon receipt thereof, any extension state … MUST be reset and version/presence negotiation must begin again.',
    `${CONNECTION}/extensions.test.ts: uses no extension until they are agreed again`,
  ),
  kept(
    '3.7',
    SERVERS,
    'For a block that contains any SegWit transactions …, the Coinbase transaction MUST have a witness as well as an `OP_RETURN` output carrying the witness commitment.',
    `${PROVIDER}/templateServer.test.ts: commits to the witnesses and gives the path of the coinbase`,
    `${JOBS}/coinbase.test.ts: carries the BIP141 fields where the template commits to witnesses`,
  ),
  kept(
    '3.7.1',
    ['pool'],
    '… BIP141 fields MUST be stripped away from `coinbase_tx_prefix` and `coinbase_tx_suffix` …',
    `${JOBS}/coinbase.test.ts: has the coinbase byte for byte`,
  ),
  kept(
    '3.7.1',
    ['pool'],
    'The server MUST retain the original value of those fields so that it can reconstruct the Coinbase as a SegWit transaction whenever it needs to propagate a block.',
    `${JOBS}/coinbase.test.ts: carries the BIP141 fields where the template commits to witnesses`,
  ),
  noted(
    '3.7.2',
    [],
    '… BIP141 fields MUST NOT be stripped from `DeclareMiningJob`’s `coinbase_tx_prefix` and `coinbase_tx_suffix`.',
    DECLARATION,
  ),
  kept(
    '3.7.3',
    ['pool'],
    '… BIP141 fields MUST NOT be stripped from `SubmitSolution`’s `coinbase_tx`.',
    `${JOBS}/coinbase.test.ts: carries the BIP141 fields where the template commits to witnesses`,
  ),
  kept(
    '4',
    ['device'],
    'Prior to opening any Stratum V2 channels for mining, clients MUST first initiate the cryptographic session state that is used to encrypt all messages …',
    'apps/mining-device/test/createMiningDevice.e2e.test.ts: refuses an upstream without a key unless told otherwise',
  ),
  kept(
    '4.1',
    ALL,
    'Data transferred by the mining protocol MUST not provide an adversary with information that they can use to estimate the performance of any particular miner.',
    'apps/pool/test/pool.e2e.test.ts: runs without encryption only when it is told to',
  ),
  kept(
    '4.5',
    ALL,
    'Should the decryption (i.e. authentication code validation) fail at any point, the session must be terminated.',
    `${CONNECTION}/states.test.ts: end the connection without an answer when byte %i is damaged`,
    `${CONNECTION}/states.test.ts: ends at any flipped bit of act 2, without an answer`,
  ),
  noted(
    '5.1',
    SERVERS,
    'All roles in Stratum v2 MUST NOT use transaction selection/ordering for additional hash space extension.',
    'Search spaces are told apart by the extranonce and the job number in the coinbase alone.',
    `${JOBS}/coinbase.test.ts: searches another space than the next job of the same template`,
  ),
  kept(
    '5.1',
    ['pool'],
    'Mining servers MUST assign a unique subset of the search space to each mining device …',
    `${POOL}/opening.test.ts: never overlaps, whatever the channels are`,
    `${CHANNELS}/extranonce/extranonceAllocator.test.ts: never lets two channels search overlapping space`,
  ),
  kept(
    '5.1.2.1',
    ['pool'],
    '… every Standard and/or Extended Channel that belongs to the same Group Channel MUST have the exact same full Extended Extranonce size …',
    `${CHANNELS}/channels/groupChannel.test.ts: refuses members of another full extranonce size, and its own id`,
    `${POOL}/channelChanges.test.ts: takes only channels that can mine the same jobs`,
  ),
  kept(
    '5.1.3',
    SERVERS,
    '… mining servers that provide non-empty Future Jobs SHOULD never send a `SetNewPrevHash` for a Future Job that was later found to contain a conflicting transaction …',
    `${POOL}/groups.test.ts: takes the future template it names, whichever was sent last`,
    `${PROVIDER}/templateServer.test.ts: sends one future template and SetNewPrevHash to all clients with the same constraints`,
  ),
  kept(
    '5.2',
    ['pool'],
    'There MUST NOT be two Channels with the same ID in the same Connection.',
    `${POOL}/pool.property.test.ts: keeps every rule in front of strict clients, and credits what they mine`,
  ),
  noted(
    '5.2',
    ['proxy'],
    '… proxies SHOULD aggregate clients’ Channels into a smaller number of Connections.',
    PROXY_ONLY,
  ),
  kept(
    '5.2.2',
    ['pool'],
    'Upstream servers which accept connections and provide work MUST support Extended Channels.',
    'apps/pool/test/pool.e2e.test.ts: serves standard and extended channels over encrypted sockets: shares, tips, blocks',
  ),
  kept(
    '5.2.2',
    ['pool'],
    '… upstream servers providing work MUST also support Standard Channels.',
    'apps/pool/test/pool.e2e.test.ts: serves standard and extended channels over encrypted sockets: shares, tips, blocks',
  ),
  kept(
    '5.2.3',
    ['pool'],
    'All channels under the same Group Channel (Extended and Standard) MUST have the exact same size for the full Extended Extranonce …',
    `${CHANNELS}/channels/groupChannel.test.ts: refuses members of another full extranonce size, and its own id`,
  ),
  kept(
    '5.3.1',
    ['pool'],
    'REQUIRES_VERSION_ROLLING: … the server MUST NOT send jobs which do not allow version rolling',
    'packages/roles/test/miningServer/setupPolicy.test.ts: with a fixed version, flags %i',
  ),
  kept(
    '5.3.1',
    ['pool'],
    'REQUIRES_FIXED_VERSION: … if REQUIRES_VERSION_ROLLING was set in the SetupConnection::flags field, this bit MUST NOT be set.',
    'packages/roles/test/miningServer/setupPolicy.test.ts: with a fixed version, flags %i',
    `${CONNECTION}/setup.test.ts: refuses a fixed version when it has to roll versions`,
  ),
  kept(
    '5.3.1',
    ['pool'],
    '… if this bit is set, extended jobs MUST NOT indicate support for version rolling.',
    `${POOL}/shares.test.ts: forbids version rolling where the pool does`,
  ),
  kept(
    '5.3.2',
    ['device'],
    'After receiving a `SetupConnection.Success` message, the client SHOULD respond by opening channels on the connection.',
    `${DEVICE}/deviceCore.test.ts: at its start, opens a channel per device and hands out work`,
  ),
  kept(
    '5.3.2',
    ['pool'],
    'If no channels are opened within a reasonable period the server SHOULD close the connection for inactivity.',
    `${CONNECTION}/states.test.ts: wants a first channel within 60 s, messages or not`,
  ),
  kept(
    '5.3.2',
    ['device'],
    'Every client SHOULD start its communication with an upstream node by opening a channel …',
    `${DEVICE}/deviceCore.test.ts: at its start, opens a channel per device and hands out work`,
  ),
  kept(
    '5.3.2',
    ['device', 'pool'],
    'The value [of request_id] MUST be connection-wide unique and is not interpreted by the server.',
    `${CLIENT}/miningClient.test.ts: asks with increasing request ids, for either kind`,
    `${POOL}/opening.test.ts: do not let a request id outlive its channel`,
  ),
  noted(
    '5.3.2',
    ['proxy'],
    'Proxy MUST send 0.0f when there are no mining devices connected yet.',
    `${PROXY_ONLY} The pool accepts it.`,
    `${CHANNELS}/difficulty/targetPolicy.test.ts: is the easiest one for %d hashes a second`,
  ),
  kept(
    '5.3.2',
    ['pool'],
    'Server MUST accept the target or respond by sending OpenMiningChannel.Error message.',
    `${CHANNELS}/difficulty/targetPolicy.test.ts: is not above the client max_target`,
    `${POOL}/opening.test.ts: %s: %s`,
  ),
  noted(
    '5.3.7',
    ['proxy'],
    'If a client performs device/connection aggregation …, it MUST send this message when downstream channels change.',
    PROXY_ONLY,
  ),
  kept(
    '5.3.7',
    ['pool'],
    'When `maximum_target` is smaller than currently used maximum target for the channel, upstream node MUST reflect the client’s request (and send appropriate `SetTarget` message).',
    `${POOL}/channelChanges.test.ts: with a smaller maximum is honoured: SetTarget, then a job`,
  ),
  kept(
    '5.3.9',
    ['pool'],
    'The server MUST stop sending messages for the channel.',
    `${POOL}/channelChanges.test.ts: ends the channel without a word, but not its credit`,
  ),
  noted(
    '5.3.9',
    ['proxy'],
    'A proxy MUST send this message on behalf of all opened channels from a downstream connection in case of downstream connection closure.',
    PROXY_ONLY,
  ),
  kept(
    '5.3.9',
    ['pool', 'device'],
    '[The `reason_code`] MUST NOT include control characters and SHOULD use printable ASCII where possible.',
    `${POOL}/outgoing.property.test.ts: puts no control characters into error codes and reasons, whatever a client or an operator says`,
  ),
  noted(
    '5.3.9',
    ['proxy'],
    'If a proxy is operating in channel aggregating mode …, it MUST send an `UpdateChannel` message when it receives `CloseChannel` or connection closure from a downstream connection.',
    PROXY_ONLY,
  ),
  noted(
    '5.3.9',
    ['proxy'],
    '… proxy servers MUST keep the upstream node notified about the real state of the downstream channels.',
    PROXY_ONLY,
  ),
  kept(
    '5.3.9',
    ['pool', 'device'],
    'If `channel_id` is addressing a group channel, all channels belonging to such group MUST be closed.',
    `${POOL}/groups.test.ts: end with the group`,
    `${CLIENT}/miningClient.test.ts: follow SetGroupChannel and are closed as a whole`,
  ),
  noted(
    '5.3.11',
    ['device', 'pool'],
    '[ntime] MUST be greater than or equal to the header_timestamp field in the latest SetNewPrevHash message and lower than or equal to that value plus the number of seconds since the receipt of that message.',
    'Devices keep to it; the pool takes what consensus takes, as section 10.2 asks.',
    `${CLIENT}/miningClient.test.ts: may carry a time up to the seconds since the tip was announced`,
    `${CHANNELS}/shares/shareValidator.test.ts: keeps the window open when the clock lags behind the chain`,
  ),
  kept(
    '5.3.12',
    ['device', 'pool'],
    'The size of the provided extranonce MUST be equal to the negotiated extranonce size from channel opening.',
    `${POOL}/shares.test.ts: are refused with an extranonce of %i bytes where 4 were agreed`,
    `${CLIENT}/miningClient.test.ts: carry the extranonce on an extended channel`,
  ),
  kept(
    '5.3.13',
    ['pool'],
    '… `new_submits_accepted_count` and `new_shares_sum` … counters MUST be reset when a new batch starts being processed.',
    `${CHANNELS}/accounting/shareAccounting.test.ts: starts each batch with counters of its own`,
  ),
  kept(
    '5.3.15',
    ['pool'],
    'This MUST be the first message after the channel has been successfully opened.',
    `${POOL}/firstFrames.test.ts: are Success, future job, SetNewPrevHash on a standard channel`,
  ),
  kept(
    '5.3.15',
    ['device'],
    'If the `min_ntime` field is set, the client MUST start to mine on the new job immediately after receiving this message, and use the value for the initial nTime.',
    `${CLIENT}/miningClient.test.ts: starts a job with min_ntime at once, with the latest target and prefix`,
  ),
  kept(
    '5.3.15',
    ['pool'],
    'The server MUST NOT assign a `job_id` that is already in use by another currently valid job on the same channel.',
    `${CHANNELS}/jobs/jobs.test.ts: never hands out an id that a channel remembers, and gets all of them back`,
    `${POOL}/pool.property.test.ts: keeps every rule in front of strict clients, and credits what they mine`,
  ),
  kept(
    '5.3.15',
    ['device'],
    'The downstream node MUST NOT rely on the upstream node to set the BIP323 bits to any particular value.',
    `${DEVICE}/searchCursor.test.ts: rolls the version within its mask, then the extranonce, and repeats no header`,
  ),
  kept(
    '5.3.16',
    ['device'],
    'If the `min_ntime` field is set to some nTime, the client MUST start to mine on the new job as soon as possible after receiving this message.',
    `${CLIENT}/miningClient.test.ts: starts a job with min_ntime at once, with the latest target and prefix`,
  ),
  noted(
    '5.3.16',
    ['proxy'],
    'A proxy MUST translate the message into `NewMiningJob` for all downstream standard channels belonging to the group in case the `SetupConnection` message had the `REQUIRES_STANDARD_JOB` flag set …',
    `${PROXY_ONLY} The pool does so itself.`,
    `${POOL}/groups.test.ts: are one message per channel where standard jobs are required`,
  ),
  kept(
    '5.3.16',
    ['pool'],
    'The server MUST NOT assign a `job_id` that is already in use by another currently valid job on the same channel.',
    `${CHANNELS}/jobs/jobs.test.ts: never hands out an id that a channel remembers, and gets all of them back`,
  ),
  kept(
    '5.3.16',
    ['device'],
    'If set to False, the downstream node MUST use version as it is defined by this message.',
    `${DEVICE}/searchCursor.test.ts: rolls versions only where job and device allow it`,
  ),
  kept(
    '5.3.16',
    ['pool'],
    'If the original coinbase is a SegWit transaction, `coinbase_tx_prefix` and `coinbase_tx_suffix` MUST be stripped of BIP141 fields …',
    `${JOBS}/coinbase.test.ts: has the coinbase byte for byte`,
  ),
  kept(
    '5.3.17',
    ['device'],
    'Clients MUST immediately start to mine on the provided prevhash.',
    `${CLIENT}/miningClient.test.ts: starts a future job at its SetNewPrevHash, with the target of that moment`,
  ),
  kept(
    '5.3.17',
    ['device'],
    'The remaining jobs already queued by the client have to be made invalid.',
    `${CLIENT}/miningClient.test.ts: forgets every other job at a new tip`,
  ),
  kept(
    '5.3.17',
    ['pool'],
    'The server MUST NOT send this message referencing a `job_id` that was not previously sent as a future job … on the corresponding channel.',
    `${POOL}/groups.test.ts: sends a job first where the announced one was forgotten`,
    `${CHANNELS}/jobs/jobs.test.ts: are activated only if they were sent as future jobs`,
  ),
  noted(
    '5.3.18',
    ['pool'],
    'If the group channel contains standard channels, the server MUST ignore those.',
    DECLARATION,
    `${POOL}/channelChanges.test.ts: answers SetCustomMiningJob with jd-not-supported`,
  ),
  noted('5.3.18', [], '`SetupConnection.flags` MUST contain `REQUIRES_WORK_SELECTION` flag …', DECLARATION),
  noted('5.3.19', [], '… the miner SHOULD start hashing and buffer the work optimistically.', DECLARATION),
  noted(
    '5.3.19',
    [],
    'In case the Pool does not commit …, the miner SHOULD fall back to a different Pool (or solo).',
    DECLARATION,
  ),
  noted(
    '5.3.19',
    ['pool'],
    'Value from the request MUST be provided by upstream in the response message.',
    'The pool answers with `SetCustomMiningJob.Error` only.',
    `${POOL}/channelChanges.test.ts: answers SetCustomMiningJob with jd-not-supported`,
  ),
  kept(
    '5.3.20',
    ['pool'],
    'Value from the request MUST be provided by upstream in the response message.',
    `${POOL}/channelChanges.test.ts: answers SetCustomMiningJob with jd-not-supported`,
  ),
  kept(
    '5.3.21',
    ['pool', 'device'],
    'The message is not applicable for already received jobs with `min_ntime=nTime`, as their maximum target remains stable.',
    `${CHANNELS}/jobs/jobs.test.ts: keep their target: SetTarget reaches future and later jobs only`,
    `${POOL}/shares.test.ts: judges a share of a replaced job by the target that job had`,
  ),
  kept(
    '5.3.22',
    ['pool'],
    'The server MUST ensure that a group channel has a unique channel ID within one connection.',
    `${POOL}/pool.property.test.ts: keeps every rule in front of strict clients, and credits what they mine`,
  ),
  kept(
    '5.3.22',
    ['pool'],
    'All channels under the same Group Channel (Extended and Standard) MUST have the exact same size for the full Extended Extranonce …',
    `${POOL}/channelChanges.test.ts: takes only channels that can mine the same jobs`,
  ),
  kept(
    '5.3.22',
    ['pool'],
    'This message can be sent only to connections that don’t have `REQUIRES_STANDARD_JOBS` flag in `SetupConnection`.',
    `${POOL}/channelChanges.test.ts: is never sent where standard jobs are required`,
  ),
  kept(
    '7',
    SERVERS,
    '… the client MUST immediately send a `CoinbaseOutputConstraints` message …, to which the server MUST immediately reply with the current best block template it has available to the client.',
    `${POOL}/provider.test.ts: hears the constraints first, with room for the worst payout`,
    `${PROVIDER}/templateServer.test.ts: answers the constraints at once: a future template, then its SetNewPrevHash`,
  ),
  kept(
    '7',
    ['template provider'],
    '… the server SHOULD push new block templates to the client whenever the total fee in the current block template increases materially, and MUST send updated block templates whenever it learns of a new block.',
    `${PROVIDER}/templateServer.test.ts: sends a template once they rose by the threshold and the interval is over`,
    `${PROVIDER}/templateServer.test.ts: sends one future template and SetNewPrevHash to all clients with the same constraints`,
  ),
  kept(
    '7',
    ['template provider'],
    'Template Providers MUST attempt to broadcast blocks which are mined using work they provided, and thus MUST track the work which they provided to clients.',
    `${PROVIDER}/templateServer.test.ts: becomes a full block`,
    `${PROVIDER}/templateServer.test.ts: is submitted even on a stale template, until that is forgotten`,
  ),
  kept(
    '7',
    ['template provider'],
    '… the Template Provider MUST reserve appropriate blockspace and sigops for: the block header …, the block transaction count …, the serialized coinbase transaction …',
    `${PROVIDER}/fitTemplate.test.ts: of %d bytes of outputs, segwit %s: %d`,
  ),
  kept(
    '7.1',
    ['template provider'],
    '… a Template Provider MUST reserve 236 weight units for the fixed-size fields in case of a SegWit block, or 200 weight units in the unlikely case of a legacy block.',
    `${PROVIDER}/fitTemplate.test.ts: of %d bytes of outputs, segwit %s: %d`,
  ),
  kept(
    '7.1',
    ['template provider'],
    'So a Template Provider MUST also reserve: the worst-case 400 weight units for `scriptSig` field, the worst-case 12 weight units for `output count` field, 188 weight units for witness commitment output (if SegWit)',
    `${PROVIDER}/fitTemplate.test.ts: of %d bytes of outputs, segwit %s: %d`,
  ),
  noted(
    '7.1',
    [],
    'JDC MUST discover the maximum serialized size of the additional outputs and sigops … It then MUST communicate it to the Template Provider …',
    DECLARATION,
  ),
  kept(
    '7.1',
    ['template provider'],
    'The Template Provider MUST NOT provide `NewTemplate` messages which would represent consensus-invalid blocks once this additional size and sigops … is added.',
    `${PROVIDER}/fitTemplate.test.ts: never exceeds a limit, never leaves an orphan, never loses a satoshi`,
    `${PROVIDER}/templateServer.test.ts: refuses constraints that no block has room for`,
  ),
  kept(
    '7.1',
    ['template provider'],
    'In addition to reserving `coinbase_output_max_additional_sigops` sigops, the Template Provider MUST reserve the following weight unit values.',
    `${PROVIDER}/fitTemplate.test.ts: keeps what fits to the last weight unit and operation`,
  ),
  kept(
    '7.2',
    ['pool', 'device'],
    'The downstream node MUST NOT rely on the upstream node to set the BIP323 bits to any particular value.',
    `${CHANNELS}/shares/shareValidator.test.ts: has an explicit mask, which does not withhold a block`,
  ),
  kept(
    '7.2',
    ['template provider'],
    '`NewTemplate.coinbase_tx_outputs` MUST NOT be serialized as a CompactSize-prefixed array.',
    `${PROVIDER}/templateServer.test.ts: commits to the witnesses and gives the path of the coinbase`,
  ),
  kept(
    '7.2',
    ['pool'],
    '… the number of outputs MUST be inferred from `NewTemplate.coinbase_tx_outputs_count`.',
    `${POOL}/provider.test.ts: %s`,
  ),
  kept(
    '7.2',
    ['template provider'],
    '… in case the block contains SegWit transactions …, `NewTemplate.coinbase_tx_outputs` MUST carry the witness commitment.',
    `${PROVIDER}/templateServer.test.ts: commits to the witnesses and gives the path of the coinbase`,
    `${PROVIDER}/templateServer.test.ts: leaves the commitment out of a block without segwit`,
  ),
  kept(
    '7.3',
    ['template provider'],
    'Upon successful validation of a new best block, the server MUST immediately provide a `SetNewPrevHash` message.',
    `${PROVIDER}/templateServer.test.ts: does not trust heights: back to the block before is a change, too`,
    'apps/template-provider/test/node.e2e.test.ts: hears at once of a block that others found, with one long poll at a time',
  ),
  kept(
    '7.3',
    ['template provider'],
    'Prior to that, the server MUST send at least one … `NewTemplate` messages with `future_template` flag set.',
    `${PROVIDER}/templateServer.test.ts: sends one future template and SetNewPrevHash to all clients with the same constraints`,
  ),
  kept(
    '7.3',
    ['pool'],
    'The client SHOULD keep track of all of them, and convert them into `NewMiningJob` and `NewExtendedMiningJob` messages (with empty `min_ntime`) …',
    `${POOL}/firstFrames.test.ts: end with the future jobs for the next tip`,
  ),
  kept(
    '7.3',
    ['pool'],
    '… the `template_id` field SHOULD be matched to the corresponding `NewTemplate` message …, and a Mining Protocol `SetNewPrevHash` message SHOULD be sent …',
    `${POOL}/groups.test.ts: takes the future template it names, whichever was sent last`,
  ),
  noted('7.5', [], '… the Job Declarator MUST NOT parse or interpret the excess data in any way.', DECLARATION),
  kept(
    '7.5',
    ['template provider'],
    '… the transaction data MUST be treated as opaque blobs and MUST include any SegWit or other data which the Pool may require to verify the transaction.',
    `${PROVIDER}/templateServer.test.ts: gives the transactions of a current template`,
  ),
  kept(
    '7.5',
    ['template provider'],
    'The `RequestTransactionData.Success` sender MUST ensure that the data is provided in a forwards- and backwards-compatible way …',
    `${PROVIDER}/templateServer.test.ts: gives the transactions of a current template`,
  ),
  kept(
    '7.7',
    SERVERS,
    'Upon finding a coinbase transaction/nonce pair which double-SHA256 hashes at or below `SetNewPrevHash::target`, the client MUST immediately send this message, and the server MUST then immediately construct the corresponding full block …',
    `${POOL}/shares.test.ts: that are blocks go to the template provider at once, before the answer`,
    `${CHANNELS}/shares/shareValidator.test.ts: judges blocks by the block target of the tip and not by nbits`,
    `${PROVIDER}/templateServer.test.ts: becomes a full block`,
  ),
  kept(
    '7.7',
    SERVERS,
    'Bits not defined by BIP323 as additional nonce MUST be the same as they appear in the NewTemplate message …',
    `${PROVIDER}/templateServer.test.ts: is refused for %s`,
    `${POOL}/shares.test.ts: roll version bits within BIP323`,
  ),
  noted(
    '7.7',
    SERVERS,
    '[header_timestamp] MUST be greater than or equal to the header_timestamp field in the latest SetNewPrevHash message and lower than or equal to that value plus the number of seconds since the receipt of that message.',
    'A block that consensus accepts is never withheld for it (10.2).',
    `${POOL}/shares.test.ts: that are blocks are submitted whatever else is wrong, once`,
  ),
  kept(
    '7.7',
    ['pool'],
    '… if the original coinbase is a SegWit transaction, `coinbase_tx` MUST NOT be stripped of BIP141 fields …',
    `${JOBS}/coinbase.test.ts: carries the BIP141 fields where the template commits to witnesses`,
    `${PROVIDER}/templateServer.test.ts: gives a stripped coinbase its witness back`,
  ),
  noted(
    '0x0001, 1.1',
    ['device'],
    'After the successful SetupConnection exchange, clients MUST send a `RequestExtensions` message to indicate the extensions they wish to use.',
    'A client that wishes for none sends none.',
    `${CONNECTION}/extensions.test.ts: agrees on %s`,
  ),
  kept(
    '0x0001, 1.1',
    ['device'],
    'Clients MUST NOT use any features from extensions that are not confirmed as supported by the server.',
    `${CONNECTION}/extensions.test.ts: uses no extension it did not ask for`,
    `${CLIENT}/miningClient.test.ts: name the worker %j once the extension is negotiated`,
  ),
  kept(
    '0x0001, 3',
    ALL,
    'All messages defined by this extension MUST have `extension_type = 0x0001` in their message frame headers …',
    `${MESSAGES}/registry.test.ts: holds exactly the messages of extension 0x0001 for %s`,
  ),
  kept(
    '0x0001, 4',
    SERVERS,
    'Servers MUST respond with `RequestExtensions.Error` if none of the requested extensions are supported.',
    `${CONNECTION}/extensions.test.ts: agrees on %s`,
  ),
  kept(
    '0x0001, 4',
    SERVERS,
    'If the server requires certain extensions but they were not included in the request, it MUST list them …',
    `${CONNECTION}/extensions.test.ts: names what is unsupported and what is missing, and lets the client ask once more`,
  ),
  kept(
    '0x0001, 4',
    ALL,
    'The `RequestExtensions` message MUST be sent immediately after `SetupConnection.Success` and before any other protocol-specific messages.',
    `${CONNECTION}/extensions.test.ts: is ready at the first message of a client that does not negotiate`,
    `${CONNECTION}/extensions.test.ts: closes on any other message`,
  ),
  kept(
    '0x0001, 4',
    ['device'],
    'The response to `RequestExtensions` MUST be received before proceeding with any further protocol-specific messages.',
    `${CONNECTION}/limits.test.ts: frames cannot be sent before both sides are ready`,
  ),
  kept(
    '0x0001, 4',
    ['device'],
    'Clients MUST NOT send any further extension-specific messages until they receive a `RequestExtensions.Success` or `RequestExtensions.Error` response.',
    `${CONNECTION}/extensions.test.ts: goes on without extensions at its deadline and not a millisecond earlier`,
  ),
  kept(
    '0x0001, 4',
    SERVERS,
    'If the client does not retry with the required extension, the server MUST disconnect the client.',
    `${CONNECTION}/extensions.test.ts: answers a second request without it, and closes`,
    `${CONNECTION}/extensions.test.ts: closes on silence after the time of a setup`,
  ),
  kept(
    '0x0002, 1.1',
    ['device'],
    'When this extension is enabled, the client MUST append the following TLV field to `SubmitSharesExtended`',
    `${CLIENT}/miningClient.test.ts: name the worker %j once the extension is negotiated`,
  ),
  kept(
    '0x0002, 1.1',
    ['device'],
    'If `user_identity` is shorter than 32 bytes, it MUST NOT be padded. The `Length` field MUST indicate the actual byte size.',
    `${CLIENT}/miningClient.test.ts: name the worker %j once the extension is negotiated`,
    `${FRAMING}/framing.vectors.test.ts: encodes \${name}`,
  ),
  kept(
    '0x0002, 1.2',
    ['device'],
    '… the initiator MUST send a `RequestExtensions` message immediately after the `SetupConnection` message, requesting extension `0x0002`.',
    `${CONNECTION}/extensions.test.ts: agrees on %s`,
  ),
  kept(
    '0x0002, 1.2',
    ['device'],
    'Once negotiated, the client MUST append the TLV containing `user_identity` to every `SubmitSharesExtended` message.',
    `${CLIENT}/miningClient.test.ts: name the worker %j once the extension is negotiated`,
  ),
  kept(
    '0x0002, 1.3',
    ['device'],
    'If the extension is not negotiated: The `user_identity` field MUST not be included.',
    `${CLIENT}/miningClient.test.ts: carry the extranonce on an extended channel`,
  ),
  kept(
    '0x0002, 1.3',
    ['pool'],
    'The server MUST ignore any unexpected TLV fields.',
    `${CONNECTION}/extensions.test.ts: are ignored and counted when the extension was not negotiated`,
  ),
  kept(
    '0x0002, 1.3',
    ['pool'],
    'The receiver MUST scan for TLV fields corresponding to known negotiated extensions.',
    `${FRAMING}/tlv.test.ts: finds the fields of negotiated extensions only`,
  ),
];
