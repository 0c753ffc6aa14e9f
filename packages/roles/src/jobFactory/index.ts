export { JobFactory, type JobFactoryOptions } from './jobFactory.ts';
export { boundOf, createPayout, type Payout, type PayoutBound, type PayoutPart, payoutOutputs } from './payout.ts';
export { createFixedPayoutPolicy, createIdentityPayoutPolicy, type PayoutPolicy } from './payoutPolicy.ts';
