/** @file Does the cost grow as it should, or does it step up somewhere? */

import * as u from "unrolled";
import { measure } from "./measure.ts";
import { multiplyAdds, type Net, type Sizes } from "./recurrent.ts";
import { seconds } from "./table.ts";
import type { Work } from "./work.ts";

/** What doubles, from where to where, and what stays. */
const SERIES: readonly { axis: keyof Sizes; to: number; from: Sizes }[] = [
  { axis: "T", to: 512, from: { D: 64, H: 128, T: 4, B: 8 } },
  { axis: "B", to: 256, from: { D: 64, H: 128, T: 16, B: 1 } },
  { axis: "H", to: 1024, from: { D: 64, H: 16, T: 16, B: 8 } },
];

const NETS = ["LSTM", "GRU", "RNN"] as const;

export const works = (): Work[] =>
  NETS.flatMap((net) =>
    SERIES.map(({ axis, to, from }) => ({
      name: `${net} forward and backward, ${axis} doubled from ${from[axis]} to ${to}`,
      bar: { of: "growth", atMost: 1.3 },
      figures() {
        const sizes = [];
        for (let n = from[axis]; n <= to; n *= 2) sizes.push({ ...from, [axis]: n });
        return steepest(sizes.map((s) => ({ time: time(net, s), work: multiplyAdds(net, s) })));
      },
    })),
  );

/** The largest step of the cost of a unit of work: what doubling costs beyond what it should. */
export function steepest(points: readonly { time: number; work: number }[]) {
  const cost = points.map(({ time, work }) => time / work);
  const steps = cost.slice(1).map((c, i) => c / cost[i]!);
  const growth = Math.max(...steps);
  return { growth, note: points.map(({ time }) => seconds(time)).join(", ") };
}

function time(net: Net, { D, H, T, B }: Sizes): number {
  u.manualSeed(1);
  const layer = new u.nn[net](D, H);
  const x = u.randn([T, B, D]);
  const { work } = measure(() =>
    u.scope(() => {
      u.sum(layer.forward(x)[0]).backward();
      layer.zeroGrad();
    }),
  );
  layer.free();
  x.free();
  return work;
}
