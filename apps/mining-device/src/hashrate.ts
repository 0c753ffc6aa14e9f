const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `200k`, `1.5M`, `3 MH/s` in hashes a second. Throws Error for any other text, and below 1. */
export function parseHashrate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:h\/s)?$/i.exec(text.trim());
  const value = match === null ? 0 : Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
  if (!(value >= 1)) throw new Error('a hashrate is written like 200k, 1.5M or 3G, and is at least 1');
  return value;
}

/** With three significant digits: `1.25 MH/s`. */
export function formatHashrate(hashesPerSecond: number): string {
  const units = ['H/s', 'kH/s', 'MH/s', 'GH/s', 'TH/s'];
  let value = hashesPerSecond;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
