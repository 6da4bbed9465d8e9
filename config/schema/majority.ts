// What the number of regions means for the loss of one. The others go on without it only if they are a majority of all
// (control-plane/membership/suspension.ts); of two regions neither is one. That is no error, since two may be all that one needs, so
// whoever starts or deploys them is told.

/** Why the loss of one of so many regions stops the leases of all others, and what to do; undefined if it does not. */
export function noMajorityWarning(regions: number): string | undefined {
  if (regions !== 2) return undefined;
  return (
    "of two regions neither is a majority: when one is lost, the other serves what it holds for a minute and then asks the " +
    "origin for everything until it is back; with three or more the others go on, and one alone has nobody to wait for"
  );
}
