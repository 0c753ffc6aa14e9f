#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { templateProvider } from './app.ts';

process.exit(await runApp(templateProvider));
