/** Stands for `pkill -f NAME -SIGINT` in the example files: it ends what the stand-in for `cargo` started under that name, nothing else. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const { STANDIN_FOLDER = '' } = process.env;
const [, name = ''] = process.argv.slice(2);
appendFileSync(join(STANDIN_FOLDER, 'pkill.log'), `${name}\n`);
const list = join(STANDIN_FOLDER, `${name}.pids`);
for (const pid of existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : []) {
  try {
    process.kill(Number(pid), 'SIGINT');
  } catch {
    // Gone already.
  }
}
