/**
 * Enforces the direction of imports: `node scripts/boundaries.ts [BASE]`. Prints each violation and exits 1 when there is one.
 * It also compares the number of modules seen with the number of source files, because a checker that sees nothing reports nothing.
 */
import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { allowedImports, COMPOSER, LAYERS, TEST_ONLY } from './layers.ts';

export interface BoundaryReport {
  readonly violations: readonly string[];
  readonly modulesSeen: number;
  readonly sourceFiles: number;
}

export async function checkBoundaries(baseDir: string): Promise<BoundaryReport> {
  const roots = ['packages', 'apps'].filter((root) => exists(join(baseDir, root)));
  const files = roots.flatMap((root) => sourceFiles(join(baseDir, root))).map((file) => relative(baseDir, file));
  const result = await cruise(
    files,
    {
      baseDir,
      validate: true,
      ruleSet: { forbidden: rules(baseDir) },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['@stratumkit/source', 'import', 'node', 'default'],
        extensions: ['.ts', '.js', '.json'],
      },
    },
    undefined,
    { tsConfig: {} },
  );
  const { modules, summary } = result.output as ICruiseResult;
  const seen = new Set(modules.map((module) => module.source));
  return {
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    modulesSeen: files.filter((file) => seen.has(file)).length,
    sourceFiles: files.length,
  };
}

function rules(baseDir: string): IForbiddenRuleType[] {
  const packages = listRooms(join(baseDir, 'packages')).filter((name) => name !== TEST_ONLY);
  const apps = listRooms(join(baseDir, 'apps'));
  return [
    ...packages.map((name) => ({
      name: `packages/${name} imports downwards only`,
      severity: 'error' as const,
      from: { path: `^packages/${name}/src/` },
      to: { path: '^(packages|apps)/', pathNot: `^packages/(${[name, ...allowedImports(name)].join('|')})/` },
    })),
    ...apps
      .filter((name) => name !== COMPOSER)
      .map((name) => ({
        name: `apps/${name} imports no other app`,
        severity: 'error' as const,
        from: { path: `^apps/${name}/src/` },
        to: { path: '^apps/', pathNot: `^apps/${name}/` },
      })),
    {
      name: 'no source imports the test helpers',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: `^packages/${TEST_ONLY}/` },
      to: { path: `^packages/${TEST_ONLY}/` },
    },
    ...[...packages.map((name) => `packages/${name}`), ...apps.map((name) => `apps/${name}`)].map((room) => ({
      name: `${room} enters other rooms through their public entry`,
      severity: 'error' as const,
      from: { path: `^${room}/src/` },
      to: {
        path: '^(packages|apps)/',
        pathNot: [`^${room}/`, '/src/index[.]ts$', '^packages/messages/src/[^/]+/index[.]ts$'],
      },
    })),
    {
      name: 'only the edge imports Node',
      severity: 'error',
      from: { path: `^packages/(${LAYERS.slice(0, 3).flat().join('|')})/src/` },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no import resolves to nothing', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ];
}

function listRooms(dir: string): string[] {
  return exists(dir) ? readdirSync(dir).filter((name) => exists(join(dir, name, 'src'))) : [];
}

function sourceFiles(root: string): string[] {
  return listRooms(root).flatMap((room) =>
    readdirSync(join(root, room, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(root, room, 'src', file)),
  );
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

if (import.meta.main) {
  const report = await checkBoundaries(resolve(process.argv[2] ?? '.'));
  for (const violation of report.violations) console.error(violation);
  console.log(
    `boundaries: ${report.modulesSeen} of ${report.sourceFiles} modules seen, ${report.violations.length} violations`,
  );
  if (report.violations.length > 0 || report.modulesSeen !== report.sourceFiles) process.exit(1);
}
