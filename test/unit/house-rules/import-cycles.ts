/** Each group of files that import each other in a circle. Source: R. Tarjan, strongly connected components. */
export function findCycles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (name: string) => {
    const index = order.size;
    let low = index;
    order.set(name, index);
    stack.push(name);
    for (const target of imports.get(name) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
    }
    lowest.set(name, low);
    if (low !== index) return;
    const group = stack.splice(stack.indexOf(name));
    if (group.length > 1 || imports.get(name)?.includes(name)) cycles.push(group.toSorted());
  };
  for (const name of imports.keys()) if (!order.has(name)) visit(name);
  return cycles;
}
