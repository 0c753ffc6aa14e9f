const MAX_LENGTH = 255;

/**
 * An error or reason code fit to be sent: no control characters, which MUST NOT be, and printable ASCII only, as it SHOULD
 * (spec 3.5). Everything else becomes `?`; what exceeds a STR0_255 is cut.
 */
export function sanitizeErrorCode(code: string): string {
  return code.replace(/[^\x20-\x7e]/gu, '?').slice(0, MAX_LENGTH);
}
