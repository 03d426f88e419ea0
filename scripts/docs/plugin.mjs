/** @file What typedoc is told beyond its options: the chaining methods are the functions of the same names. */

import { Comment, Converter } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, ({ project }, declaration) => {
    const { fileName } = project.getSymbolIdFromReflection(declaration) ?? {};
    if (!fileName?.endsWith("ops/methods.ts")) return;
    const text = `The function \`${declaration.name}\`, with this tensor as its first argument.`;
    declaration.comment ??= new Comment([{ kind: "text", text }]);
  });
}
