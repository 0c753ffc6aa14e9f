#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { pool } from './app.ts';

process.exit(await runApp(pool));
