export { sim } from './app.ts';
export { type JsonReport, jsonReport } from './jsonReport.ts';
