// The drawing of the world: the land and the regions' places must fit together and into the box.

import { describe, expect, it } from "vitest";
import { REGIONS } from "../../../config/world/regions.ts";
import { worldOutline } from "../../../config/world/world-outline.node.ts";

const world = worldOutline(960, 440);
const numbers = [...world.path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);

describe("the world's outline", () => {
  it("stays inside its box and touches two of its edges", () => {
    const xs = numbers.map(([x]) => x as number);
    const ys = numbers.map(([, y]) => y as number);
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(-0.1);
    expect(Math.max(...xs)).toBeLessThanOrEqual(960.1);
    expect(Math.min(...ys)).toBeGreaterThanOrEqual(-0.1);
    expect(Math.max(...ys)).toBeLessThanOrEqual(440.1);
    const slack = Math.min(960 - Math.max(...xs) + Math.min(...xs), 440 - Math.max(...ys) + Math.min(...ys));
    expect(slack).toBeLessThan(0.3);
  });

  it("leaves Antarctica out: nothing lies below Cape Horn", () => {
    const [, capeHorn] = world.project({ latitude: -56.5, longitude: -67 });
    expect(Math.max(...numbers.map(([, y]) => y as number))).toBeLessThan(capeHorn);
  });

  it("puts west to the left and north above", () => {
    const [wnam, weur, apac] = [REGIONS.wnam, REGIONS.weur, REGIONS.apac].map(({ place }) => world.project(place)[0]);
    expect(wnam).toBeLessThan(weur as number);
    expect(weur).toBeLessThan(apac as number);
    expect(world.project(REGIONS.weur.place)[1]).toBeLessThan(world.project(REGIONS.afr.place)[1]);
  });

  it("draws a coast within ten pixels of every region's city", () => {
    for (const id of ["wnam", "sam", "weur", "apac", "oc", "me"] as const) {
      const [x, y] = world.project(REGIONS[id].place);
      const nearest = Math.min(...numbers.map(([px, py]) => Math.hypot((px as number) - x, (py as number) - y)));
      expect(nearest, id).toBeLessThan(10);
    }
  });
});
