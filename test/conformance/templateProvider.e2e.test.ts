import { describeMatrix } from './describeMatrix.ts';

describeMatrix('template-provider');
