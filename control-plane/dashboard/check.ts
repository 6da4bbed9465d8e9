// Validates answers at the boundary against JSON Schemas that the build generates from the API's own (`shapes.node.ts`), so that
// no answer is described twice. The page shows the first fault with its location: an invalid answer never becomes a blank page
// or a wrong number.
// Decided: the page and the API are deployed together, so a value outside the schema (another region, another state) is a
// fault whose message says to reload the page. Unknown fields are accepted, since an older page may meet a newer API.

/** The keywords of JSON Schema that the API's schemas use and the page checks. */
export interface Shape {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly format?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape;
  readonly items?: Shape;
}

export type AnswerName = "regions" | "stats" | "purges" | "receipt" | "dryRun";

/** The schema of each answer; `$defs` has those referred to as `#/$defs/NAME`. */
export interface Shapes {
  readonly $defs: Readonly<Record<string, Shape>>;
  readonly answers: Readonly<Record<AnswerName, Shape>>;
}

/** The first fault of `value` as the answer `name`, with its location, such as `regions[2].status`; undefined if it is valid. */
export const faultIn = (value: unknown, name: AnswerName, shapes: Shapes): string | undefined =>
  fault(value, shapes.answers[name], "", shapes);

function fault(value: unknown, shape: Shape, at: string, shapes: Shapes): string | undefined {
  const place = at === "" ? "the body" : at;
  if (shape.$ref !== undefined) {
    const defined = shapes.$defs[shape.$ref.replace("#/$defs/", "")];
    return defined === undefined ? `${place} has no known schema` : fault(value, defined, at, shapes);
  }
  if (shape.anyOf) {
    const faults = shape.anyOf.map((one) => fault(value, one, at, shapes));
    return faults.includes(undefined) ? undefined : faults[0];
  }
  if ("const" in shape && value !== shape.const) return `${place} is not ${JSON.stringify(shape.const)}`;
  if (shape.enum && !shape.enum.includes(value)) return `${place} is not one of ${shape.enum.join(", ")}`;
  if (shape.type !== undefined && !isOfType(value, shape.type)) return `${place} is not of type ${shape.type}`;
  if (shape.format === "date-time" && Number.isNaN(Date.parse(value as string))) return `${place} is not an instant`;
  if (shape.minimum !== undefined && (value as number) < shape.minimum) return `${place} is less than ${shape.minimum}`;
  for (const [child, childShape, childAt] of childrenOf(value, shape, at)) {
    const found = fault(child, childShape, childAt, shapes);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    default:
      return false;
  }
}

/** The members of `value`, each with its schema and location. An absent required member is undefined, which matches nothing. */
function* childrenOf(value: unknown, shape: Shape, at: string): Iterable<readonly [unknown, Shape, string]> {
  if (shape.items)
    for (const [index, item] of (value as unknown[]).entries()) yield [item, shape.items, `${at}[${index}]`];
  if (shape.type !== "object") return;
  const members = new Map(Object.entries(value as object));
  const under = (name: string) => (at === "" ? name : `${at}.${name}`);
  for (const [name, member] of Object.entries(shape.properties ?? {})) {
    if (members.has(name) || shape.required?.includes(name)) yield [members.get(name), member, under(name)];
  }
  for (const [name, member] of members) {
    if (shape.additionalProperties && !shape.properties?.[name])
      yield [member, shape.additionalProperties, under(name)];
  }
}
