// Reads options that are whole numbers within bounds; commander prints the error with the option's name.

import { InvalidArgumentError } from "commander";

/** A reader for whole numbers from `least` to `most`. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`Must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
