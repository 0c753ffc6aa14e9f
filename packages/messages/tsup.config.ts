import { defineConfig } from 'tsup';
import { baseConfig } from '../../tsup.base.ts';

export default defineConfig(
  baseConfig({
    index: 'src/index.ts',
    common: 'src/common/index.ts',
    mining: 'src/mining/index.ts',
    'job-declaration': 'src/job-declaration/index.ts',
    'template-distribution': 'src/template-distribution/index.ts',
    extensions: 'src/extensions/index.ts',
  }),
);
