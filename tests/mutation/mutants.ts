/**
 * Every small change of a file that its tests should notice: one operator, number or boolean is another, or
 * one `if` never applies. Found in the syntax tree, so that types, comments and texts stay as they are.
 *
 * @module
 */

import { parse } from "@babel/parser";
import type { File, Node } from "@babel/types";

/** One change of one file. */
export interface Mutant {
  /** From the project's folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line as it stands, without the space around it. */
  readonly code: string;
  /** What becomes of what, such as `< to <=`. */
  readonly change: string;
  /** Which of those with this code and change in the file it is, from 0. */
  readonly nth: number;
  /** What of the text is replaced: from this offset up to `end`, by `put`. */
  readonly start: number;
  readonly end: number;
  readonly put: string;
}

/** What an operator becomes. A comparison moves by one, or turns round; a bit set or an amount goes wrong. */
const OPERATORS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
  "??": "&&",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "&": "|",
  "|": "&",
  "^": "&",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "+=": "-=",
  "-=": "+=",
  "|=": "&=",
  "&=": "|=",
  "??=": "=",
};

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly put: string;
  readonly change: string;
}

/** All mutants of a file, in the order of its text. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const tree: File = parse(text, { sourceType: "module", plugins: ["typescript"] });
  const lines = text.split("\n");
  const times = new Map<string, number>();
  return [...editsUnder(tree.program, text)].sort((a, b) => a.start - b.start).map((edit) => {
    const line = text.slice(0, edit.start).split("\n").length;
    const code = lines[line - 1]!.trim();
    const key = `${code}\n${edit.change}`;
    const nth = times.get(key) ?? 0;
    times.set(key, nth + 1);
    return { file, line, code, nth, ...edit };
  });
}

/** The file's text with the change in it. */
export function mutated(text: string, { start, end, put }: Mutant): string {
  return text.slice(0, start) + put + text.slice(end);
}

/** A value within a type's name, such as `value as T`: these are looked into, other nodes of types are not. */
const AROUND_VALUES = ["TSNonNullExpression", "TSAsExpression", "TSSatisfiesExpression"];

function* editsUnder(node: Node, text: string): Generator<Edit> {
  const { type } = node;
  if (type === "ImportDeclaration") return;
  if (type.startsWith("TS") && !AROUND_VALUES.includes(type)) return;
  yield* editsOf(node, text);
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* editsUnder(child, text);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value &&
    !String(value.type).startsWith("Comment");
}

function editsOf(node: Node, text: string): Edit[] {
  const [start, end] = [node.start!, node.end!];
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
    case "AssignmentExpression":
      return operatorOf(node.operator, text.indexOf(node.operator, node.left.end!));
    case "UnaryExpression":
      if (node.operator !== "!") return [];
      return [{ start, end: start + 1, put: "", change: "without !" }];
    case "UpdateExpression":
      return stepOf(node.operator, text.indexOf(node.operator, start));
    case "NumericLiteral":
      return [becomes(text.slice(start, end), oneMore(text.slice(start, end)), start)];
    case "BooleanLiteral":
      return [becomes(`${node.value}`, `${!node.value}`, start)];
    case "IfStatement": {
      const { test } = node;
      const change = "the `if` never applies";
      return [{ start: test.start!, end: test.end!, put: "false", change }];
    }
    default:
      return [];
  }
}

function becomes(what: string, put: string, start: number): Edit {
  return { start, end: start + what.length, put, change: `${what} to ${put}` };
}

function operatorOf(operator: string, start: number): Edit[] {
  const put = OPERATORS[operator];
  return put === undefined ? [] : [becomes(operator, put, start)];
}

function stepOf(operator: "++" | "--", start: number): Edit[] {
  return [becomes(operator, operator === "++" ? "--" : "++", start)];
}

/** Written as it was: 0x0a stays hexadecimal. */
function oneMore(number: string): string {
  const more = Number(number.replaceAll("_", "")) + 1;
  return /^0x/i.test(number) ? `0x${more.toString(16)}` : `${more}`;
}
