import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYERS } from '../scripts/layers.ts';

/** The oldest Node the packages promise to run on, and the lines in use. */
const NODE_VERSIONS = ['20.19.0', '22', '24'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rooms = ['packages', 'apps'].flatMap((kind) =>
  readdirSync(join(root, kind))
    .map((name) => ({ name, path: join(root, kind, name) }))
    .map((room) => ({ ...room, manifest: JSON.parse(readFileSync(join(room.path, 'package.json'), 'utf8')) }))
    .filter((room) => !room.manifest.private),
);
const pure = LAYERS.slice(0, 3).flat();

/** Every entry point of the packed packages: `@stratumkit/messages/mining` and so on. */
const entries = (names?: readonly string[]): string[] =>
  rooms
    .filter((room) => names === undefined || names.includes(room.name))
    .flatMap((room) => Object.keys(room.manifest.exports).map((key) => room.manifest.name + key.slice(1)));

let home: string;
const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', npm_config_update_notifier: 'false' },
  });

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'packed-'));
  run('turbo', ['run', 'build', '--output-logs=errors-only'], root);
  const tarballs = join(home, 'tarballs');
  mkdirSync(tarballs);
  const filters = rooms.flatMap(({ manifest }) => ['--filter', manifest.name]);
  run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', tarballs], root);
  const packed = readdirSync(tarballs).map((file) => `file:./tarballs/${file}`);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', ...packed], home);
}, 600_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('packed and installed in an empty folder', () => {
  for (const version of NODE_VERSIONS) {
    it(`every entry imports, and every command says --help, on Node ${version}`, () => {
      const prefix = join(home, `node-${version}`);
      mkdirSync(prefix);
      writeFileSync(join(prefix, 'package.json'), JSON.stringify({ private: true }));
      run('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], prefix);
      const node = join(prefix, 'node_modules', 'node', 'bin', 'node');
      expect(run(node, ['--version'], home)).toContain(`v${version}`);
      const source = entries()
        .map(
          (entry) =>
            `if (Object.keys(await import('${entry}')).length === 0) throw new Error('${entry} exports nothing');`,
        )
        .join('\n');
      writeFileSync(join(home, 'import.mjs'), `${source}\nconsole.log('imported');\n`);
      expect(run(node, ['import.mjs'], home)).toBe('imported\n');
      for (const room of rooms) {
        for (const bin of Object.keys(room.manifest.bin ?? {})) {
          const help = execFileSync(join(home, 'node_modules', '.bin', bin), ['--help'], {
            encoding: 'utf8',
            env: { ...process.env, NODE_OPTIONS: '', PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
          });
          expect(help).toContain('Usage:');
        }
      }
    }, 300_000);
  }

  it('the licences come with every package', () => {
    const licences = (room: { manifest: { name: string } }) =>
      readdirSync(join(home, 'node_modules', room.manifest.name, 'dist')).filter((file) => file.startsWith('LICENSE'));
    for (const room of rooms) expect(licences(room).sort(), room.name).toEqual(['LICENSE-APACHE', 'LICENSE-MIT']);
  });

  it('the conformance suite comes with its tests', () => {
    const command = join(home, 'node_modules', '.bin', 'message-generator');
    expect(run(command, ['conformance', 'pool', '--list'], home)).toContain('pool/setup-answered');
  });

  const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  it.runIf(chromium)('layers 0 to 2 import in headless Chromium', async () => {
    const imports = entries(pure);
    const lines = imports.map((entry, index) => `import * as m${index} from '${entry}';`);
    const entry = join(home, 'browser.mjs');
    writeFileSync(
      entry,
      `${lines.join('\n')}
const modules = [${imports.map((_, index) => `m${index}`).join(', ')}];
document.title = modules.every((module) => Object.keys(module).length > 0) ? 'imported ' + modules.length : 'empty';
document.body.textContent = document.title;\n`,
    );
    const bundle = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    });
    const server = createServer((request, response) => {
      const script = request.url === '/bundle.js';
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
      response.end(
        script ? bundle.outputFiles[0]?.text : '<!doctype html><body><script type="module" src="/bundle.js"></script>',
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const profile = join(home, 'chromium');
    try {
      const page = await new Promise<string>((resolve, reject) => {
        import('node:child_process').then(({ execFile }) =>
          execFile(
            chromium as string,
            [
              '--headless',
              '--no-sandbox',
              '--disable-gpu',
              '--disable-quic',
              '--no-first-run',
              '--disable-background-networking',
              '--disable-component-update',
              '--disable-sync',
              `--user-data-dir=${profile}`,
              '--virtual-time-budget=10000',
              '--dump-dom',
              `http://127.0.0.1:${port}/`,
            ],
            { timeout: 60_000 },
            (error, stdout) => (error ? reject(error) : resolve(stdout)),
          ),
        );
      });
      expect(page).toContain(`imported ${imports.length}`);
    } finally {
      server.close();
    }
  });
});
