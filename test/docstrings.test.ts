import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The public entries of a package or an app: the sources that its `exports` lead to. */
function entriesOf(room: string): string[] {
  const { exports = {} } = JSON.parse(readFileSync(join(room, 'package.json'), 'utf8')) as {
    exports?: Record<string, { '@stratumkit/source'?: string }>;
  };
  return Object.values(exports).flatMap(({ '@stratumkit/source': source }) => (source ? [join(room, source)] : []));
}

interface Export {
  readonly name: string;
  /** Where it is declared. */
  readonly file: string;
  readonly isDocumented: boolean;
}

const known = new Map<string, readonly Export[]>();

/** The exports of a file. Files are parsed only: the types of all that they import would take a compilation. */
function exportsOf(file: string): readonly Export[] {
  const found = known.get(file) ?? readExports(file);
  known.set(file, found);
  return found;
}

function readExports(file: string): Export[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const byName = new Map<string, Export>();
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) {
      for (const passed of passedOn(file, statement)) byName.set(passed.name, passed);
    } else if (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport)) {
      // A type and a value of one name may share a comment.
      const isDocumented = ts.getJSDocCommentsAndTags(statement).length > 0;
      for (const name of namesOf(statement))
        byName.set(name, { name, file, isDocumented: isDocumented || byName.get(name)?.isDocumented === true });
    }
  }
  return [...byName.values()];
}

/** What `export { … } from '…'` passes on. */
function passedOn(file: string, { exportClause, moduleSpecifier }: ts.ExportDeclaration): Export[] {
  if (exportClause === undefined || !ts.isNamedExports(exportClause) || moduleSpecifier === undefined)
    throw new Error(`${relative(root, file)} exports in a way that this test does not read`);
  const from = (moduleSpecifier as ts.StringLiteral).text;
  return exportClause.elements.map(({ name: { text: name }, propertyName }) => {
    // What another package declares is documented there.
    if (!from.startsWith('.')) return { name, file: from, isDocumented: true };
    const original = propertyName?.text ?? name;
    const found = exportsOf(join(dirname(file), from)).find((candidate) => candidate.name === original);
    if (found === undefined) throw new Error(`${relative(root, file)} exports ${original}, which ${from} does not`);
    return { ...found, name };
  });
}

function isExport({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.Statement & { readonly name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}

const rooms = ['packages', 'apps']
  .flatMap((kind) => readdirSync(join(root, kind)).map((name) => join(root, kind, name)))
  .filter((room) => existsSync(join(room, 'package.json')));

describe('doc comments of public exports', () => {
  for (const room of rooms) {
    it(`${relative(root, room)} has one on each`, () => {
      const exported = entriesOf(room).flatMap((entry) => exportsOf(entry));
      expect(exported.length).toBeGreaterThan(0);
      const missing = exported.filter(({ isDocumented }) => !isDocumented);
      expect(
        missing.map(({ name, file }) => `${relative(root, file)}: ${name}`),
        'say what the code does not: units, byte order, ranges, errors, the section of the spec',
      ).toEqual([]);
    });
  }
});
