/** @file Tokens that can be pointed at, with the mouse, a finger or the arrow keys. */

import type { Pointed, Side } from "../lines.ts";

/** Listens to the columns of tokens in a picture; hears undefined when none is pointed at any more. */
export function pointing(picture: Element, onPoint: (pointed: Pointed | undefined) => void) {
  let last: string | undefined;
  const tell = (pointed: Pointed | undefined): void => {
    const key = pointed && `${pointed.side}${pointed.index}`;
    if (key === last) return;
    last = key;
    onPoint(pointed);
  };
  const tokenAt = (target: EventTarget | null): Pointed | undefined => {
    const token = (target as Element).closest<SVGElement>("[data-index]");
    const side = token?.closest<SVGElement>("[data-side]")?.dataset.side;
    return token && side ? { side: side as Side, index: Number(token.dataset.index) } : undefined;
  };
  picture.addEventListener("pointerover", (event) => {
    const pointed = tokenAt(event.target);
    if (pointed) tell(pointed);
  });
  picture.addEventListener("pointerout", (event) => {
    const to = (event as PointerEvent).relatedTarget;
    if (!to || !tokenAt(to)) tell(focused());
  });
  picture.addEventListener("focusin", (event) => tell(tokenAt(event.target)));
  picture.addEventListener("focusout", () => tell(undefined));
  picture.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event as KeyboardEvent;
    const pointed = tokenAt(target);
    if (!pointed || ctrlKey || metaKey || altKey) return;
    const token = (target as Element).closest("[data-index]")!;
    const column = [...token.parentElement!.children];
    const other = (side: Side): Element | null =>
      picture.querySelector(`[data-side=${side}]`)!.children[pointed.index] ?? picture.querySelector(`[data-side=${side}]`)!.lastElementChild; // prettier-ignore
    const moves: Record<string, () => Element | null | undefined> = {
      ArrowDown: () => column[pointed.index + 1],
      ArrowUp: () => column[pointed.index - 1],
      Home: () => column[0],
      End: () => column.at(-1),
      ArrowRight: () => other("right"),
      ArrowLeft: () => other("left"),
    };
    const next = moves[key]?.() as SVGElement | null | undefined;
    if (!moves[key]) return;
    event.preventDefault();
    next?.focus();
  });
  const focused = (): Pointed | undefined =>
    picture.contains(document.activeElement) && document.activeElement!.matches(":focus-visible")
      ? tokenAt(document.activeElement)
      : undefined;
  return {
    /** After the tokens were drawn anew: the first can be reached by Tab. */
    reset(): void {
      last = undefined;
      picture.querySelector("[data-index]")?.setAttribute("tabindex", "0");
    },
    mark(pointed: Pointed | undefined): void {
      for (const token of picture.querySelectorAll("[data-index]")) {
        const own = tokenAt(token)!;
        const here = own.side === pointed?.side && own.index === pointed.index;
        token.classList.toggle("here", here);
        token.setAttribute("aria-selected", String(here));
      }
    },
  };
}
