import { describeMatrix } from './describeMatrix.ts';

describeMatrix('pool');
