type ImportModule = (url: string) => Promise<unknown>;

const key: unique symbol = Symbol.for("ai8xc.importModule");
const shared = globalThis as { [key]?: ImportModule };

/** Lends `import()` to scripts that run outside of Node's module loaders and have none. */
export function lendImport(importModule: ImportModule): void {
  shared[key] = importModule;
}

/** Imports a module whose address is known at run time only. */
export const importModule: ImportModule = (url) => (shared[key] ?? ((own) => import(own)))(url);
