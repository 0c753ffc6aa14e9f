import type { JsonObject, JsonValue, MessageDefinition } from '@stratumkit/codec';
import type { MessageGroup } from '@stratumkit/messages';
import type { Problem } from './problems.ts';

/** A place in a file that a failure can point at. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** One test, read and checked, ready to run. */
export interface TestPlan extends Place {
  readonly version: '1' | '2';
  /** `--compat`: as the original tool did it. */
  readonly compat: boolean;
  readonly connections: readonly ConnectionPlan[];
  readonly messages: ReadonlyMap<string, Sv2Template>;
  readonly sv1Messages: ReadonlyMap<string, Sv1Template>;
  /** What a conformance test says about itself. */
  readonly about: About | undefined;
  /** Played before the steps; what fails here makes the test skipped, not failed. */
  readonly prepare: readonly Step[];
  readonly replies: readonly ReplyPlan[];
  readonly steps: readonly Step[];
  readonly setupCommands: readonly CommandPlan[];
  readonly executionCommands: readonly CommandPlan[];
  readonly cleanupCommands: readonly CommandPlan[];
  readonly variables: JsonObject;
  readonly skip: readonly string[];
  readonly watch: readonly Watch[];
  readonly timeouts: Timeouts;
  readonly warnings: readonly Problem[];
}

/** The roles that a conformance test may be for. */
export const TESTED_ROLES = ['pool', 'template-provider', 'device', 'proxy', 'translator'] as const;

/** One of {@link TESTED_ROLES}. */
export type TestedRole = (typeof TESTED_ROLES)[number];

/** Whose sentence a conformance test holds a role to, and what it shows. */
export interface About {
  /** `pool/open-standard-channel`: the role, and a name that never changes. */
  readonly id: string;
  readonly role: TestedRole;
  /** `5.3.2`, `0x0001 4`; `real clients` for what no specification says. */
  readonly section: string;
  /** As the specification has it. */
  readonly sentence: string;
  readonly level: 'MUST' | 'SHOULD';
  /** Commit of the specification. */
  readonly spec: string;
  readonly proves: string;
  /** What it cannot be shown without. */
  readonly needs: readonly Need[];
  /** Not beside others: it finds a block. */
  readonly alone: boolean;
}

export const NEEDS = ['noise', 'authority-key'] as const;

type Need = (typeof NEEDS)[number];

/** Milliseconds; undefined waits for ever. */
export interface Timeouts {
  readonly receiveMs: number | undefined;
  readonly connectMs: number | undefined;
  readonly acceptMs: number | undefined;
  readonly readyMs: number | undefined;
  /** How long `close_connection` and `sustain_connection` look. */
  readonly watchMs: number;
  /** Pause between attempts to connect; undefined makes one attempt. */
  readonly retryMs: number | undefined;
}

export interface ConnectionPlan extends Place {
  readonly name: string;
  /** What we do: connect, or listen and accept one. */
  readonly role: 'client' | 'server';
  readonly protocol: 'sv1' | 'sv2';
  readonly ip: string;
  readonly port: number;
  /** Address and keys are those of the role under test, which the run knows. */
  readonly tested: boolean;
  /** Not encrypted, whatever the run says of the role under test. */
  readonly plain: boolean;
  /** As a server, shows a certificate of an authority that nobody knows. */
  readonly otherAuthority: boolean;
  /** Keys as in the file; with them the connection is encrypted. A client may encrypt without checking who answers. */
  readonly authorityPublicKey: Uint8Array | 'unverified' | undefined;
  readonly authoritySecretKey: Uint8Array | undefined;
  /** `background`: from the start, and waited for by the first step that uses it. */
  readonly opens: 'start' | 'action' | 'background';
}

export interface Sv2Template extends Place {
  readonly id: string;
  readonly definition: MessageDefinition;
  readonly fields: JsonObject;
  readonly replace: readonly Replacement[];
  /** Header of a manual frame builder. */
  readonly header: ManualHeader | undefined;
}

export interface ManualHeader {
  readonly messageType: number;
  readonly extensionType: number;
  readonly channelMessage: boolean;
}

/** `ARBITRARY`, or the name of a saved value. */
export interface Replacement extends Place {
  /** A field, or `field/0` for a place inside it. */
  readonly field: string;
  readonly keyword: string;
}

export interface Sv1Template extends Place {
  readonly id: string;
  readonly message: JsonObject;
  readonly replace: readonly Replacement[];
}

export type Step =
  | ActionStep
  | LoopStep
  | SetStep
  | OpenStep
  | CloseStep
  | SleepStep
  | CheckStep
  | MineStep
  | NewBlockStep;

export interface ActionStep extends Place {
  readonly kind: 'action';
  /** Counted from 1 through the file. */
  readonly number: number;
  readonly connection: string;
  readonly doc: string;
  readonly sends: readonly Send[];
  readonly results: readonly ResultPlan[];
  readonly skip: readonly string[] | undefined;
}

export interface LoopStep extends Place {
  readonly kind: 'loop';
  /** A number of rounds, or the values of the rounds; either may be an expression. */
  readonly times: JsonValue | undefined;
  readonly values: JsonValue | undefined;
  readonly as: string | undefined;
  readonly steps: readonly Step[];
}

export interface SetStep extends Place {
  readonly kind: 'set';
  readonly values: JsonObject;
}

export interface OpenStep extends Place {
  readonly kind: 'open';
  readonly connection: string;
}

export interface CloseStep extends Place {
  readonly kind: 'close';
  readonly connection: string;
  readonly how: 'fin' | 'reset';
}

export interface SleepStep extends Place {
  readonly kind: 'sleep';
  readonly ms: number;
}

/** Holds a value against a matcher: how values saved from several messages are compared. */
export interface CheckStep extends Place {
  readonly kind: 'check';
  readonly value: JsonValue;
  readonly is: JsonValue;
  readonly doc: string;
}

/** Searches a nonce for a header; the fields are expressions. */
export interface MineStep extends Place {
  readonly kind: 'mine';
  readonly header: {
    readonly version: JsonValue;
    readonly prevHash: JsonValue;
    readonly merkleRoot: JsonValue;
    readonly ntime: JsonValue;
    readonly nbits: JsonValue;
  };
  readonly target: JsonValue;
  /** With this root in its place the same nonce has to miss. */
  readonly unlessMerkleRoot: JsonValue | undefined;
  /** A hash at or below the target, or one above it. */
  readonly want: 'share' | 'miss';
  readonly fromNonce: JsonValue;
  readonly save: string;
}

/** Has a block appended to the chain that the role under test follows, if the run knows how. */
export interface NewBlockStep extends Place {
  readonly kind: 'newBlock';
}

/** Answers that go out when a message comes in, whatever the steps do at that time. */
export interface ReplyPlan extends Place {
  readonly connection: string;
  readonly definitions: readonly MessageDefinition[];
  readonly method: string | undefined;
  readonly fields: readonly FieldCheck[];
  readonly saves: readonly FieldSave[];
  readonly sends: readonly Send[];
  /** What is sent when the connection is open, whatever comes. */
  readonly onOpen: boolean;
  /** How often it answers; undefined: always. */
  readonly times: number | undefined;
}

export type Send = Place & {
  /** Bytes behind the payload, such as TLV fields. */
  readonly append: JsonValue | undefined;
  /** Bytes that the payload lacks at its end. */
  readonly cut: number;
  /** Write sizes: the first write takes the first size, and so on; the rest goes in one. */
  readonly split: readonly number[];
  /** Pause before every write but the first. */
  readonly delayMs: number;
  /** Offsets in what goes over the wire whose lowest bit is turned over. */
  readonly corrupt: readonly number[];
  readonly what:
    | { readonly kind: 'message'; readonly id: string }
    | { readonly kind: 'inline'; readonly template: Sv2Template }
    | { readonly kind: 'inlineSv1'; readonly template: Sv1Template }
    | {
        readonly kind: 'frame';
        readonly header: ManualHeader;
        readonly payload: JsonValue;
        /** What the header claims; undefined: the truth. */
        readonly length: number | undefined;
      }
    | { readonly kind: 'raw'; readonly bytes: JsonValue };
};

/** `orSkip`: the test is skipped for this reason if the result is not met. */
export type ResultPlan = Place & { readonly type: string; readonly orSkip: string | undefined } & ResultBody;

export type ResultBody =
  | { readonly kind: 'messageType'; readonly messageType: number }
  | {
      readonly kind: 'matchFields';
      readonly group: MessageGroup;
      readonly typeName: string;
      /** Undefined only under compat, where the name is a filter. */
      readonly definition: MessageDefinition | undefined;
      readonly fields: readonly FieldCheck[];
    }
  | {
      readonly kind: 'saveFields';
      readonly group: MessageGroup;
      readonly definition: MessageDefinition | undefined;
      readonly fields: readonly FieldSave[];
    }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'extensionType'; readonly value: number }
  | { readonly kind: 'closed'; readonly forMs: number | undefined }
  | { readonly kind: 'open'; readonly forMs: number | undefined }
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'nothing'; readonly forMs: number }
  | ({ readonly kind: 'expect'; readonly of: readonly Alternatives<Expectation>[] } & Waiting)
  | { readonly kind: 'sv1Id'; readonly id: JsonValue }
  | { readonly kind: 'sv1Fields'; readonly fields: readonly FieldCheck[] }
  | { readonly kind: 'sv1Any' }
  | ({ readonly kind: 'sv1Expect'; readonly of: readonly Alternatives<Sv1Expectation>[] } & Waiting);

/** Expectations of which one is enough. */
type Alternatives<T> = readonly T[];

/** How messages are taken for expectations, each of which has to be met, in any order. */
export interface Waiting {
  /** `wait_for`: messages that do not fit are passed over. */
  readonly passOver: boolean;
  /** The end of the connection will do as well. */
  readonly orClosed: boolean;
  readonly skip: readonly string[];
  readonly timeoutMs: number | undefined;
}

export interface FieldCheck extends Place {
  readonly field: string;
  readonly expected: JsonValue;
}

export interface FieldSave extends Place {
  readonly field: string;
  readonly name: string;
}

export interface Expectation extends Place {
  readonly definitions: readonly MessageDefinition[];
  readonly messageType: number | undefined;
  readonly extensionType: JsonValue | undefined;
  readonly channelMessage: boolean | undefined;
  readonly length: JsonValue | undefined;
  /** Bytes behind the last known field. */
  readonly rest: JsonValue | undefined;
  /** All bytes behind the header. */
  readonly payload: JsonValue | undefined;
  readonly fields: readonly FieldCheck[];
  readonly saves: readonly FieldSave[];
}

export interface Sv1Expectation extends Place {
  readonly method: JsonValue | undefined;
  readonly fields: readonly FieldCheck[];
  /** JSON pointers into the message. */
  readonly saves: readonly FieldSave[];
}

/** Saves fields of every message of a type that arrives, wherever it is read or skipped; of one connection only if that is named. */
export type Watch = { readonly connection: string | undefined; readonly saves: readonly FieldSave[] } & (
  | { readonly definition: MessageDefinition }
  | { readonly method: string }
);

export interface CommandPlan extends Place {
  readonly command: string;
  readonly args: readonly string[];
  readonly conditions: CommandConditions | undefined;
}

export interface CommandConditions {
  readonly timerMs: number;
  readonly warnNoPanic: boolean;
  readonly conditions: readonly OutputCondition[];
}

export interface OutputCondition {
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
  readonly wanted: boolean;
  readonly late: boolean;
}
