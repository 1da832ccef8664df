/**
 * What a token of the status page has to be, for all who take one.
 *
 * @module
 */

/** The fewest characters. At ten tries a minute nobody guesses as many, be they only letters. */
export const LEAST_TOKEN = 16;
