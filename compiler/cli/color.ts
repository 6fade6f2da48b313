const codes = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;

/** Wraps text in an ANSI color when `enabled`. */
export const paint = (enabled: boolean, style: keyof typeof codes, text: string): string =>
  enabled ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
