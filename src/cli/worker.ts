/** What a worker process runs. Nobody calls it but `run`, which tells it everything else by messages. */
import { createLog } from '../observe/log.ts';
import { work } from '../process/worker.ts';
import { bugReport } from './dispatch.ts';
import { servicesFor } from './services.ts';
import { openNoDebugger } from './signals.ts';
import { shareSocketShapes } from './socket-shapes.ts';
import { keepHeapSteady } from './steady-heap.ts';

openNoDebugger();
keepHeapSteady();
shareSocketShapes();

process.on('uncaughtException', (error) => {
  process.stderr.write(bugReport(error));
  process.exit(1);
});

work(({ config, number }) => servicesFor(createLog(config.log).child({ worker: number })));
