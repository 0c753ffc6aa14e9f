import { describeMatrix } from './describeMatrix.ts';

describeMatrix('device');
