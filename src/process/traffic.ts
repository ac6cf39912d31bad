/** Bytes and commands of all sessions since the start: those that have ended, and those that live. */
import { Connection } from '../net/connection.ts';
import type { ConnectionEvents, Summary } from '../net/connection-events.ts';
import type { Connections } from '../net/connections.ts';
import type { Traffic } from '../observe/metrics.ts';

type Moved = Pick<Summary, 'bytesFromClient' | 'bytesFromUpstream' | 'counts'>;

/** Sessions are added at their end; until then they are asked when somebody wants to know. */
export class TrafficCount {
  readonly #connections: Connections;
  #ended: Traffic = {
    bytesFromClient: 0,
    bytesFromUpstream: 0,
    commands: 0,
    commandsRefused: 0,
    foldersHidden: 0,
  };

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** `events`, with the ends of sessions added up. */
  counting(events: ConnectionEvents): ConnectionEvents {
    return {
      ...events,
      ended: (summary) => {
        this.#ended = sum(this.#ended, summary);
        events.ended(summary);
      },
    };
  }

  get all(): Traffic {
    let all = this.#ended;
    for (const connection of this.#connections.all) {
      if (connection instanceof Connection) all = sum(all, connection.moved);
    }
    return all;
  }
}

function sum(before: Traffic, { bytesFromClient, bytesFromUpstream, counts }: Moved): Traffic {
  return {
    bytesFromClient: before.bytesFromClient + bytesFromClient,
    bytesFromUpstream: before.bytesFromUpstream + bytesFromUpstream,
    commands: before.commands + counts.commands,
    commandsRefused: before.commandsRefused + counts.commandsRefused,
    foldersHidden: before.foldersHidden + counts.foldersHidden,
  };
}
