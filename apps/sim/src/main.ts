#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { sim } from './app.ts';

process.exit(await runApp(sim));
