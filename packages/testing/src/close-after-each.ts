import { afterEach } from '@jest/globals';

interface Closable {
  close?(): unknown;
}

/** Returns what notes things to close; each test of the suite ends by closing those noted in it, the last first. */
export function closeAfterEach(): <Item extends Closable>(item: Item) => Item {
  const items: Closable[] = [];
  afterEach(async () => {
    for (const item of items.splice(0).reverse()) await item.close?.();
  });
  return (item) => {
    items.push(item);
    return item;
  };
}
