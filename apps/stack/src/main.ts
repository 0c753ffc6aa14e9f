#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { stack } from './app.ts';

process.exit(await runApp(stack));
