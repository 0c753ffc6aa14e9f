#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { keygen } from './app.ts';

process.exit(await runApp(keygen));
