#!/usr/bin/env node
import { runApp } from '@stratumkit/runtime';
import { miningDevice } from './app.ts';

process.exit(await runApp(miningDevice));
