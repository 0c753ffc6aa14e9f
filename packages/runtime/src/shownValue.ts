/** A raw value as a problem report shows it. */
export function shownValue(raw: unknown): string {
  const text = typeof raw === 'string' || typeof raw === 'object' ? JSON.stringify(raw) : String(raw);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
