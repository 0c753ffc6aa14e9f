export { type CommandDescription, describeCommands } from './cli/describeCommands.ts';
export { type ConformanceTest, readConformanceTests, selectTests } from './conformance/files.ts';
export { runSuite, type SuiteOptions, type SuiteResult, type SuiteTarget } from './conformance/runSuite.ts';
export { type DescribedBytes, describeBytes } from './decodeInput.ts';
export { type About, TESTED_ROLES, type TestedRole, type TestPlan, type Timeouts } from './format/model.ts';
export { DEFAULT_TIMEOUTS, type ParseOptions, parseTestFile, parseTestText } from './format/parseTest.ts';
export { type Problem, TestFileError } from './format/problems.ts';
export {
  createInterceptor,
  type InterceptedMessage,
  type Interceptor,
  type InterceptorOptions,
} from './intercept/createInterceptor.ts';
export { RecordingFile } from './intercept/recordingFile.ts';
export { parseScript, type Rule, readScript } from './intercept/script.ts';
export { formatIntercepted, formatInterceptedJson } from './intercept/show.ts';
export { formatJsonLine, formatJunit, formatTap } from './report/formats.ts';
export { formatReport } from './report/terminal.ts';
export type { Subject } from './run/connections.ts';
export type { Failure, FieldComparison } from './run/failure.ts';
export type { TestReport, TranscriptEntry } from './run/report.ts';
export { type RunOptions, runTest, runTestFile } from './run/runTest.ts';
export { createSchema } from './schema.ts';
