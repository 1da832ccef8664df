/**
 * The one place where the black-box tests name the server under test. Nothing else may live here.
 *
 * @module
 */

export { serve as weirServe } from "../../mod.ts";
