#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { translator } from './app.ts';

process.exit(await runApp(translator));
