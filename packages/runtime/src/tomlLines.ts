/**
 * Lines of the keys of a TOML document, by path joined with dots (`upstreams.0.port`), for error messages. Reads tables
 * and plain `key = value` lines; a key inside an inline table is not found, its parent is.
 */
export function indexTomlLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const arrayCounts = new Map<string, number>();
  let table: string[] = [];
  let multiline: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (multiline !== undefined) {
      if (line.includes(multiline)) multiline = undefined;
      continue;
    }
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/.exec(line);
    if (header !== null) {
      table = resolveArrays(splitKey(header[2]!), arrayCounts);
      if (header[1] === '[[') {
        const path = table.join('.');
        const count = arrayCounts.get(path) ?? 0;
        arrayCounts.set(path, count + 1);
        table = [...table, String(count)];
        if (!lines.has(path)) lines.set(path, index + 1);
      }
      lines.set(table.join('.'), index + 1);
      continue;
    }
    const entry = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=\s*(.*)$/.exec(line);
    if (entry === null) continue;
    const path = [...table, ...splitKey(entry[1]!)];
    for (let end = table.length + 1; end <= path.length; end++) {
      const prefix = path.slice(0, end).join('.');
      if (!lines.has(prefix)) lines.set(prefix, index + 1);
    }
    const quotes = /^("""|''')/.exec(entry[2]!)?.[1];
    if (quotes !== undefined && !entry[2]!.slice(3).includes(quotes)) multiline = quotes;
  }
  return lines;
}

/** Line of a path, or of the nearest parent that has one. */
export function lineOf(lines: ReadonlyMap<string, number>, path: readonly string[]): number | undefined {
  for (let end = path.length; end > 0; end--) {
    const line = lines.get(path.slice(0, end).join('.'));
    if (line !== undefined) return line;
  }
  return undefined;
}

/** Inside an array of tables, a path goes through its newest entry. */
function resolveArrays(path: readonly string[], arrayCounts: ReadonlyMap<string, number>): string[] {
  const resolved: string[] = [];
  for (const [index, key] of path.entries()) {
    resolved.push(key);
    const count = arrayCounts.get(resolved.join('.'));
    if (count !== undefined && index < path.length - 1) resolved.push(String(count - 1));
  }
  return resolved;
}

function splitKey(key: string): string[] {
  return [...key.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!);
}
