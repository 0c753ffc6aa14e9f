/** Plain data that explains an error to a log or a test, and the error that caused it. */
export interface ErrorDetails {
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

abstract class CodedError<Code extends string> extends Error {
  /** What to branch on; the message is for people. */
  readonly code: Code;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: ErrorDetails) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.context = details.context ?? {};
  }
}

/** The peer broke the protocol. The machine that throws it is dead; its connection is to be closed. */
export class RemoteError<Code extends string = string> extends CodedError<Code> {
  static {
    RemoteError.prototype.name = 'RemoteError';
  }

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

/** This program used an API wrongly: a bug of ours, never the doing of a peer. */
export class UsageError<Code extends string = string> extends CodedError<Code> {
  static {
    UsageError.prototype.name = 'UsageError';
  }

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

/** The operator gave a configuration that cannot work. */
export class ConfigError<Code extends string = string> extends CodedError<Code> {
  static {
    ConfigError.prototype.name = 'ConfigError';
  }

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}
