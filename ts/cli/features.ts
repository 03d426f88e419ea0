/** @file What a reader of code keeps in mind, character by character: what a cell of a net may have learnt to keep. */

/** A number for each character: what is true once it has been read. */
export interface Feature {
  readonly name: string;
  readonly values: Float32Array;
}

const OPEN = "([{";
const CLOSE = ")]}";
const PAREN = 0;
const SQUARE = 1;

/** The features of a text, given as its characters. */
export function featuresOf(text: readonly string[]): Feature[] {
  const feature = (name: string): Feature => ({ name, values: new Float32Array(text.length) });
  const quotes = feature("inside quotes");
  const comment = feature("inside a comment");
  const indentation = feature("indentation");
  const column = feature("how far along the line");
  const parentheses = feature("inside parentheses");
  const square = feature("inside square brackets");
  const depth = feature("depth of brackets");
  const word = feature("how far into a word");

  let quote = ""; // what ends the quotation
  let escaped = false; // by a backslash in it
  let remark = ""; // what ends the comment
  let remarkAt = 0; // where it began
  let [indent, at, letters] = [0, 0, 0];
  let open = [0, 0, 0]; // of each kind of bracket
  let leading = true;
  for (const [i, c] of text.entries()) {
    const before = text[i - 1] ?? "\n";
    if (c === "\f") [quote, remark, open] = ["", "", [0, 0, 0]]; // another file
    if (c === "\n" || c === "\f") {
      [at, indent, leading] = [0, 0, true];
      if (quote !== "`") quote = "";
      if (remark === "\n") remark = "";
    } else {
      at++;
      if (leading && (c === " " || c === "\t")) indent += c === "\t" ? 4 : 1;
      else leading = false;
    }
    if (remark !== "") {
      if (remark === "*/" && before === "*" && c === "/" && i > remarkAt + 1) remark = "";
    } else if (quote !== "") {
      if (c === quote && !escaped) quote = "";
      escaped = c === "\\" && !escaped;
    } else if (before === "/" && (c === "/" || c === "*") && text[i - 2] !== ":") {
      remark = c === "/" ? "\n" : "*/";
      remarkAt = i;
    } else if (c === '"' || c === "`" || (c === "'" && !isLetter(before))) {
      [quote, escaped] = [c, false];
    } else if (OPEN.includes(c)) {
      open[OPEN.indexOf(c)]!++;
    } else if (CLOSE.includes(c)) {
      open = open.map((n, kind) => (CLOSE[kind] === c ? Math.max(0, n - 1) : n));
    }
    letters = isLetter(c) ? letters + 1 : 0;
    quotes.values[i] = quote === "" ? 0 : 1;
    comment.values[i] = remark === "" ? 0 : 1;
    indentation.values[i] = Math.min(indent, 16);
    column.values[i] = Math.min(at, 120);
    parentheses.values[i] = open[PAREN]! > 0 ? 1 : 0;
    square.values[i] = open[SQUARE]! > 0 ? 1 : 0;
    depth.values[i] = Math.min(open[0]! + open[1]! + open[2]!, 8);
    word.values[i] = Math.min(letters, 12);
  }
  return [quotes, comment, parentheses, square, depth, indentation, column, word];
}

const isLetter = (c: string): boolean => /^[\p{L}\p{N}_]$/u.test(c);

/** Pearson's correlation; 0 where one of the two never changes. */
export function correlation(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  const n = xs.length;
  let [mx, my] = [0, 0];
  for (let i = 0; i < n; i++) {
    mx += xs[i]! / n;
    my += ys[i]! / n;
  }
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [xs[i]! - mx, ys[i]! - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx * yy < 1e-12 ? 0 : xy / Math.sqrt(xx * yy);
}
