#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { proxy } from './app.ts';

process.exit(await runApp(proxy));
