import type { Row } from './rows.ts';

/** Tests of the conformance suite that show a sentence without quoting it, or why nothing shows it from outside. */
interface Outside {
  readonly section: string;
  /** How the sentence of the row begins. */
  readonly begins: string;
  readonly tests?: readonly string[];
  readonly unseen?: string;
}

function shown(section: string, begins: string, ...tests: string[]): Outside {
  return { section, begins, tests };
}

function unseen(section: string, begins: string, reason: string): Outside {
  return { section, begins, unseen: reason };
}

const DECLARATION = 'Job declaration: none of the five roles speaks it.';
const AUTHORS = 'A rule for those who write extensions.';
const ONE_FIELD = 'One extension with one field is defined: there is no order to see.';
const CONFLICT = 'Whether a transaction conflicts with a block is not in what a miner is sent.';
const NAMES = ['device/worker-name-extended', 'proxy/upstream-worker-name', 'translator/upstream-worker-name'];
const HEADERS = ['pool/extensions-header', 'template-provider/extensions-header', 'proxy/extensions-header'];
const WAITING = [
  'device/extensions-are-waited-for',
  'proxy/upstream-extensions-are-waited-for',
  'translator/upstream-extensions-are-waited-for',
];
const UNASKED = [
  'device/no-worker-name-extended',
  'proxy/upstream-no-worker-name',
  'translator/upstream-no-worker-name',
];
const GROUP_SIZES = ['pool/group-has-one-extranonce-size', 'proxy/group-has-one-extranonce-size'];
const ROOM = ['template-provider/constraints-size-kept', 'template-provider/malformed-constraints-too-much'];

const OUTSIDE: readonly Outside[] = [
  unseen('3', '… clients which have full block templates', DECLARATION),
  shown('3.2', 'For messages introduced by an extension', ...HEADERS),
  unseen('3.4', 'The value used MUST', AUTHORS),
  unseen('3.4', 'While extensions SHOULD', AUTHORS),
  shown('3.4.1', 'Extension-specific messages', ...HEADERS),
  shown(
    '3.4.1',
    'If a device is aware of the semantics',
    'pool/worker-name-accepted',
    'proxy/worker-name-accepted',
    ...NAMES,
  ),
  shown('3.4.2', 'To support extensions', 'pool/extensions-request-id', 'proxy/extensions-request-id', ...NAMES),
  shown('3.4.2', 'Extensions MUST require negotiation', ...UNASKED),
  unseen('3.4.3', 'When multiple fields extend', ONE_FIELD),
  shown('3.4.3', 'TLV fields MUST be placed at the end', ...NAMES),
  unseen('3.4.3', 'TLV fields MUST be ordered', ONE_FIELD),
  unseen('3.4.3', 'Order of TLV fields', ONE_FIELD),
  shown(
    '3.4.3',
    '… the recipient MUST process TLV fields',
    'pool/worker-name-behind-another-field',
    'proxy/worker-name-behind-another-field',
  ),
  shown(
    '3.4.3',
    'Length constraints MUST be respected',
    'pool/worker-name-too-long',
    'pool/worker-name-of-32-bytes',
    'proxy/worker-name-too-long',
    'proxy/worker-name-of-32-bytes',
  ),
  shown(
    '3.4.3',
    'A device processing `SubmitSharesExtended`',
    'pool/worker-name-accepted',
    'pool/worker-name-behind-another-field',
    'proxy/worker-name-accepted',
    'proxy/worker-name-behind-another-field',
  ),
  shown(
    '3.5',
    'Fallback or recovery behavior',
    'device/leaves-when-refused',
    'device/unknown-error-codes-extended',
    'proxy/upstream-leaves-when-refused',
    'proxy/upstream-unknown-error-codes',
    'translator/upstream-leaves-when-refused',
    'translator/upstream-unknown-error-codes',
  ),
  shown(
    '3.6.1',
    '… they MUST always set vendor',
    'device/setup-names-the-vendor',
    'device/setup-names-the-hardware',
    'proxy/upstream-setup-names-the-vendor',
    'proxy/upstream-setup-names-the-hardware',
    'translator/upstream-setup-names-the-vendor',
    'translator/upstream-setup-names-the-hardware',
  ),
  unseen(
    '3.6.3',
    '… clients SHOULD send a SetupConnection message with all flags set',
    'Advice for those who choose between servers; whether a client wants to choose is not to be seen.',
  ),
  shown(
    '3.7',
    'For a block that contains any SegWit transactions',
    'template-provider/witness-commitment-carried',
    'template-provider/solution-becomes-a-block',
    'pool/provider-solution-coinbase-with-witness',
  ),
  unseen('3.7.2', '… BIP141 fields MUST NOT be stripped from `DeclareMiningJob`', DECLARATION),
  shown('4.1', 'Data transferred by the mining protocol', 'pool/noise-not-optional', 'proxy/noise-not-optional'),
  unseen(
    '5.1',
    'All roles in Stratum v2 MUST NOT use transaction selection',
    'Why a template has its transactions is not in it.',
  ),
  shown('5.1.2.1', '… every Standard and/or Extended Channel', ...GROUP_SIZES),
  shown(
    '5.1.3',
    '… mining servers that provide non-empty Future Jobs SHOULD: never send',
    'pool/provider-tip-names-its-template-extended',
    'pool/provider-tip-names-its-template-standard',
  ),
  unseen('5.1.3', '… mining servers that provide non-empty Future Jobs SHOULD: … minimize', CONFLICT),
  shown(
    '5.1.3',
    '… mining servers that provide non-empty Future Jobs SHOULD: … after a `SetNewPrevHash`',
    'pool/provider-template-at-once-extended',
    'pool/provider-template-at-once-standard',
  ),
  unseen('5.3.18', 'If the group channel contains standard channels', DECLARATION),
  unseen('5.3.18', '`SetupConnection.flags` MUST contain', DECLARATION),
  unseen('5.3.19', '… the miner SHOULD start hashing', DECLARATION),
  unseen('5.3.19', 'In case the Pool does not commit', DECLARATION),
  shown('5.3.19', 'Value from the request MUST be provided', 'pool/custom-job-answered', 'proxy/custom-job-answered'),
  shown(
    '5.3.22',
    'The server MUST ensure that a group channel has a unique',
    'pool/group-id-is-no-channel-id',
    'proxy/group-id-is-no-channel-id',
  ),
  shown('5.3.22', 'All channels under the same Group Channel', ...GROUP_SIZES),
  shown('7', '… the Template Provider MUST reserve appropriate blockspace', ...ROOM),
  shown('7.1', '… a Template Provider MUST reserve 236', ...ROOM),
  shown('7.1', 'So a Template Provider MUST also reserve', ...ROOM),
  unseen('7.1', 'JDC MUST discover', DECLARATION),
  shown('7.1', 'In addition to reserving', ...ROOM),
  shown('7.2', 'The downstream node MUST NOT rely', 'device/bip323-bits-standard', 'device/bip323-bits-extended'),
  unseen('7.5', '… the Job Declarator MUST NOT parse', DECLARATION),
  unseen(
    '7.5',
    'The `RequestTransactionData.Success` sender',
    'There is no other version of the data to compare with.',
  ),
  shown('7.7', '… if the original coinbase is a SegWit transaction', 'pool/provider-solution-coinbase-with-witness'),
  shown(
    '10.4.3',
    '[Difficulty aggregating proxy]',
    'proxy/upstream-share-sent-up',
    'proxy/upstream-share-meets-the-target',
    'proxy/upstream-standard-job-is-derived',
  ),
  shown('0x0001, 1.1', 'After the successful SetupConnection', 'device/extensions-come-first', ...NAMES),
  shown('0x0001, 1.1', 'Clients MUST NOT use any features', ...UNASKED),
  shown('0x0001, 4', 'Clients MUST NOT send any further', ...WAITING),
  shown('0x0002, 1.1', 'When this extension is enabled', ...NAMES),
  shown('0x0002, 1.2', '… the initiator MUST send a `RequestExtensions`', 'device/extensions-come-first', ...NAMES),
  shown('0x0002, 1.3', 'If the extension is negotiated', ...NAMES),
];

/** What is said of this row; undefined where the tests quote its sentence. */
export function outsideOf({ section, sentence }: Row): Outside | undefined {
  return OUTSIDE.find((entry) => entry.section === section && sentence.startsWith(entry.begins));
}

/** All that is said, for a test that it is said of something. */
export function everyOutside(): readonly Outside[] {
  return OUTSIDE;
}
