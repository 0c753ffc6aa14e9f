import { describeMatrix } from './describeMatrix.ts';

describeMatrix('proxy');
