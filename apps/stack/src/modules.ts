import { createMiningDevice } from '@stratumkit/mining-device';
import { createPool } from '@stratumkit/pool';
import { createProxy } from '@stratumkit/proxy';
import { createTemplateProvider } from '@stratumkit/template-provider';
import { createTranslator } from '@stratumkit/translator';

/** The roles a stack is made of; tests put others in their place. */
export interface StackModules {
  readonly createTemplateProvider: typeof createTemplateProvider;
  readonly createPool: typeof createPool;
  readonly createProxy: typeof createProxy;
  readonly createTranslator: typeof createTranslator;
  readonly createMiningDevice: typeof createMiningDevice;
}

/** The roles as their own commands run them. */
export const defaultModules: StackModules = {
  createTemplateProvider,
  createPool,
  createProxy,
  createTranslator,
  createMiningDevice,
};
