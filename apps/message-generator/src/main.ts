#!/usr/bin/env node
import { currentProcess } from '@stratumkit/runtime';
import { runProgram } from './cli/program.ts';

process.exit(await runProgram(currentProcess()));
