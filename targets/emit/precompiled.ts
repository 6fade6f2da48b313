/**
 * Templates that were compiled when the command line was put together. Here are none: the build replaces this file in
 * its script, so that no user waits for a template to be compiled.
 */
export const precompiled = (_source: string): ((view: object) => string) | undefined => undefined;
