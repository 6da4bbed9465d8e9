// control-plane/meter/alerts.yaml names only metrics, labels and label values that exist: an alert on a misspelt metric would
// never fire, and nobody would notice.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  isMetricName,
  LABEL_VALUES,
  type Label,
  METRICS,
  type MetricName,
} from "../../../config/metrics/metric-catalogue.ts";

const text = readFileSync(new URL("../../../control-plane/meter/alerts.yaml", import.meta.url), "utf8");
const rules = text.slice(text.indexOf("\ngroups:"));

/** The expressions, each with what follows on deeper lines. */
const expressions = [...rules.matchAll(/^( *)expr: (.*(?:\n\1 +.*)*)/gm)].map((match) => match[2] as string);
const recorded = [...rules.matchAll(/record: (\S+)/g)].map((match) => match[1] as string);
/** A metric by the name of one of its series: a histogram's are suffixed. */
const metricIn = (name: string): MetricName | undefined => {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  if (isMetricName(name)) return name;
  return isMetricName(base) && METRICS[base].kind === "histogram" ? base : undefined;
};

test("each of the promised alerts is there, and has an expression", () => {
  const alerts = [...rules.matchAll(/alert: (\S+)/g)].map((match) => match[1]);
  expect(alerts).toEqual(
    expect.arrayContaining([
      "MeridianRegionDown",
      "MeridianErrors",
      "MeridianOriginBreakerOpen",
      "MeridianPurgeUnapplied",
      "MeridianHitRatioDrop",
    ]),
  );
  expect(expressions).toHaveLength(alerts.length + recorded.length);
});

describe.each(expressions.map((expression) => [expression.replaceAll(/\s+/g, " ")]))("%s", (expression) => {
  test("names metrics of the catalogue, or recorded above", () => {
    const names = [...expression.matchAll(/\bmeridian[\w:]*/g)]
      .map((match) => match[0])
      .filter((name) => name !== "meridian");
    expect(names.length).toBeGreaterThan(0);
    for (const name of names)
      expect([name, recorded.includes(name) || metricIn(name) !== undefined]).toEqual([name, true]);
  });

  test("selects by labels that the metric has, and by values that they can take", () => {
    for (const [, name, selectors] of expression.matchAll(/(meridian_\w+)\{([^}]*)\}/g)) {
      const metric = METRICS[metricIn(name as string) as MetricName];
      for (const [, label, values] of (selectors as string).matchAll(/(\w+)[=!]~?"([^"]*)"/g)) {
        expect(metric.labels).toContain(label);
        const allowed = LABEL_VALUES[label as keyof typeof LABEL_VALUES] as readonly string[] | undefined;
        if (allowed !== undefined) for (const value of (values as string).split("|")) expect(allowed).toContain(value);
      }
    }
  });

  test("groups by labels that every series it adds up has", () => {
    for (const [, labels, inner] of expression.matchAll(/by \(([\w, ]+)\) \((?:\w+\()?(meridian_\w+)/g)) {
      const known: readonly (Label | string)[] = [
        ...METRICS[metricIn(inner as string) as MetricName].labels,
        "region",
        "le",
      ];
      for (const label of (labels as string).split(/, ?/)) expect(known).toContain(label);
    }
  });
});

test("a misspelt metric would be found", () => {
  expect(metricIn("meridian_request_total")).toBeUndefined();
  expect(metricIn("meridian_requests_total_bucket")).toBeUndefined();
  expect(metricIn("meridian_time_to_first_byte_seconds_bucket")).toBe("meridian_time_to_first_byte_seconds");
});
