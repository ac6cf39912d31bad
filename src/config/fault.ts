/** What is wrong with a configuration, and where: always one line that an editor can jump to. */

export interface Place {
  /** The configuration file, as the user gave it. */
  readonly file: string;
  /** 1-based, of the value; of the key when the key is unknown. Undefined when the file could not be read at all. */
  readonly line: number | undefined;
  /** 1-based, in UTF-16 units, as editors count. */
  readonly column: number | undefined;
  /** `upstream.port`, `listen[0].address`; empty for what concerns the file as a whole. */
  readonly path: string;
}

export interface ConfigFault extends Place {
  /** A sentence without its subject: `must be a whole number from 1 to 65535`. */
  readonly message: string;
}

/** `proxy.yaml:12:5: upstream.port: must be a whole number from 1 to 65535`, without a line end. */
export function formatFault(fault: ConfigFault): string {
  return [place(fault), fault.path, oneLine(fault.message)].filter((part) => part !== '').join(': ');
}

/** The same line with the word `warning` in it, for what is accepted but ought to be known. */
export function formatWarning(warning: ConfigFault): string {
  return [place(warning), 'warning', warning.path, oneLine(warning.message)]
    .filter((part) => part !== '')
    .join(': ');
}

/** In the order in which someone who reads the file from the top meets them. */
export function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...faults].sort(
    (a, b) =>
      (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.path < b.path ? -1 : 1),
  );
}

/** `['listen', 0, 'port']` → `listen[0].port` */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}

function place(fault: ConfigFault): string {
  return fault.line === undefined ? fault.file : `${fault.file}:${fault.line}:${fault.column ?? 1}`;
}

function oneLine(message: string): string {
  return message.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
