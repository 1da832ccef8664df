/**
 * How much of a scene is played, as a type.
 *
 * @module
 */

/** How much of it. */
export interface RollInit {
  /** So many requests at least. */
  readonly requests: number;
  /** So many reloads or restarts, spread over them. */
  readonly exchanges: number;
}
