const MAX_LENGTH = 255;

/** A reason or error code fit to be sent: printable ASCII, so no control characters (spec 3.5, 5.3.9), at most a STR0_255. */
export function printableReason(reason: string): string {
  return reason.replace(/[^ -~]/g, '?').slice(0, MAX_LENGTH);
}
