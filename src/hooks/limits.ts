/**
 * Every limit of the hook room in one place, so that they cannot drift apart. A script is trusted to mean well
 * and to be wrong: these bound what a mistake, or a folder name that provokes one, can cost.
 */

const KIB = 1024;
const MIB = 1024 * 1024;

/** Milliseconds that opening the script may take, modules that it requires included. */
export const LOAD_DEADLINE = 2_000;

/** Milliseconds that one test may take; nobody waits for it but the person who runs it. */
export const TEST_DEADLINE = 5_000;

/** Characters of a test's name. */
export const TEST_NAME = 200;

/** Values that `cache` holds; where there are more, those that are over are forgotten, or all. */
export const CACHED = 10_000;

/** Networks whose text `ip.within` has read already. */
export const NETWORKS_KEPT = 1_000;

/** Bytes of JSON in either direction, and how deeply its values may be nested. */
export const JSON_TEXT: number = MIB;
export const JSON_DEPTH = 50;

/** Missed deadlines after which a session is answered by `onError` without asking the script. */
export const STRIKES = 3;

/** Milliseconds that a call must have taken before the memory of the process is watched, and between two looks. */
export const WATCH_AFTER = 10;
export const WATCH_EVERY = 10;

/** Bytes that the process may grow by while one call is out: string data are outside of the heap limits (L4). */
export const MEMORY_GROWTH: number = 256 * MIB;

/** Bytes of string data that a script may keep between two calls; a thread that holds more is replaced. */
export const KEPT_STRINGS: number = 256 * MIB;

/** Milliseconds of work in which no script can add much to that: looking costs as much as a small call. */
export const UNWEIGHED = 0.5;

/**
 * The worker's own heap: beyond it V8 ends the thread. Small enough that the process never comes near its own. What is
 * young is a question's and soon gone, so that room for more of it is memory for nothing.
 */
export const HEAP: { maxOldGenerationSizeMb: number; maxYoungGenerationSizeMb: number; stackSizeMb: number } =
  {
    maxOldGenerationSizeMb: 64,
    maxYoungGenerationSizeMb: 3,
    stackSizeMb: 4,
  };

/** Values on Lua's stack: a function that calls itself for ever fails here, long before the heap is full. */
export const STACK_SLOTS = 100_000;

/** Bytes of the longest result of `string.rep`. */
export const REPEATED_STRING: number = MIB;

/** Bytes of the longest string that one of the script's functions may return. */
export const RETURNED_STRING: number = 64 * KIB;

/** Bytes of the largest script or module. */
export const SCRIPT_FILE: number = MIB;

/** Bytes of the longest text that a script may have sent to a client, and of what RFC 2971 §3.3 allows in ID. */
export const LINE_FOR_CLIENT = 500;
export const ID_FIELDS = 30;
export const ID_NAME = 30;
export const ID_VALUE = 1024;

/** How often one call may wait for something. */
export const PAUSES = 10;

/** Messages that failed calls of one question are told apart by. */
export const DISTINCT_FAULTS = 5;

/** Distinct errors that are remembered, and milliseconds until one that goes on is told again. */
export const ERRORS_KEPT = 50;
export const REPORT_AGAIN = 60_000;

/** Errors of one question whose traceback is written down. */
export const TRACED_ERRORS = 3;

/** Characters of one argument, and of a traceback, in a message about a failed call. */
export const SHOWN_ARGUMENT = 100;
export const SHOWN_TRACEBACK = 600;

/** Characters of a script's error and of one printed line in the log; `print` calls logged for one question. */
export const MESSAGE_LENGTH = 400;
export const PRINTED_LENGTH = 1_000;
export const PRINTED_LINES = 20;

/** Milliseconds before a script that could not be opened again is tried once more. */
export const RESTART_AFTER = 1_000;

/** How often a question is asked again after its thread ended outside of any call. */
export const ATTEMPTS = 2;
