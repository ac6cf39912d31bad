/**
 * Who had most to do: where it was not the proxy, what it cost is still what is compared, but the speed is that of
 * the whole chain.
 */
import type { Cost, CostTable } from './results.ts';
import { byContender } from './tables.ts';

/** `cores`: how many load and upstream have between them. */
export function busyPart(costs: readonly CostTable[], cores: number): string {
  const rows = costs.map(({ row, costs: all }) => ({
    title: row.name,
    cells: new Map(all.map((cost) => [cost.contender, percents(cost)])),
  }));
  const shared = cores === 1 ? ' Clients and server share a core, so theirs are added for that.' : '';
  const sentences = costs.flatMap((one) => limited(one, cores));
  const all = sentences.length === 0 ? ['- In every row the proxy had the most to do.'] : sentences;
  return [
    `Proxy / clients / server, percent of a core each.${shared}`,
    byContender('row', rows),
    all.join('\n'),
  ].join('\n\n');
}

function percents({ busy }: Cost): string {
  return [busy.proxy, busy.load, busy.upstream].map((share) => Math.round(share * 100)).join(' / ');
}

function limited({ row, costs }: CostTable, cores: number): string[] {
  const names = costs
    .filter(({ busy }) => {
      const others = cores === 1 ? busy.load + busy.upstream : Math.max(busy.load, busy.upstream);
      return busy.proxy < others;
    })
    .map(({ contender }) => contender);
  if (names.length === 0) return [];
  return [
    `- ${row.name}: clients and server had more to do than the proxy with ${names.join(', ')}. There, compare the CPU; the speed is that of the whole chain.`,
  ];
}
