/** The element of this id, which index.html must have. */
export function find<Element extends HTMLElement>(id: string, type: new () => Element): Element {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`no ${type.name} with the id ${id}`);
}

/** A new element. What is said is hostile: it comes in as text and never as markup. */
export function make(tag: string, className: string, content: string | readonly Node[] = []): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  if (typeof content === 'string') element.textContent = content;
  else element.append(...content);
  return element;
}

/** Lets an action run at an event, and shows what goes wrong with it. */
export function onEvent(element: HTMLElement, event: string, act: (event: Event) => Promise<unknown>): void {
  element.addEventListener(event, (happened) => {
    happened.preventDefault();
    act(happened).then(hideProblem, showProblem);
  });
}

export function showProblem(error: unknown): void {
  const problem = find('problem', HTMLParagraphElement);
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}

export function hideProblem(): void {
  find('problem', HTMLParagraphElement).hidden = true;
}
