export { multiplyBase, multiplyPoint } from './curve';
export { decode, encode } from './ellswift';
export { io } from './io';
