import { createMiningDevice } from '@stratumkit/mining-device';
import { createPool } from '@stratumkit/pool';
import { createTemplateProvider } from '@stratumkit/template-provider';

/** The roles a stack is made of; tests put others in their place. */
export interface StackModules {
  readonly createTemplateProvider: typeof createTemplateProvider;
  readonly createPool: typeof createPool;
  readonly createMiningDevice: typeof createMiningDevice;
}

export const defaultModules: StackModules = { createTemplateProvider, createPool, createMiningDevice };
