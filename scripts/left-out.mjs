/**
 * A reporter for Node's test runner that writes one JSON string a line: the tests that were left out because a
 * real program (a mail server, a mail client) is missing, told by a skip reason that begins with "left out:".
 */
export default async function* leftOut(events) {
  for await (const event of events) {
    if (event.type !== 'test:pass') continue;
    const reason = event.data.skip;
    if (typeof reason !== 'string' || !reason.startsWith('left out:')) continue;
    yield `${JSON.stringify(`${event.data.name}: ${reason.slice('left out:'.length).trim()}`)}\n`;
  }
}
