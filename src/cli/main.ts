#!/usr/bin/env node
/** The executable: takes the words of the call, and hands back the exit code. Everything else is in dispatch.ts. */
import { keepCompiledCode } from './compiled-code.ts';
import { bugReport, dispatch } from './dispatch.ts';
import type { CommandName } from './help.ts';
import type { Command } from './io.ts';

async function load(name: CommandName): Promise<Command> {
  switch (name) {
    case 'run':
      return (await import('./run.ts')).run;
    case 'check':
      return (await import('./check.ts')).check;
    case 'hook':
      return (await import('./hook.ts')).hook;
    case 'test':
      return (await import('./test.ts')).test;
    case 'demo':
      return (await import('./demo.ts')).demo;
  }
}

// `imapveil --help | head -1`: a reader that has seen enough is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.on('uncaughtException', (error) => {
  process.stderr.write(bugReport(error));
  process.exit(1);
});

keepCompiledCode();
process.exitCode = await dispatch(process.argv.slice(2), process, load);
