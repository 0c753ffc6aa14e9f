import { describeMatrix } from './describeMatrix.ts';

describeMatrix('translator');
