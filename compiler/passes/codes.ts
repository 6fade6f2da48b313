/** What `ai8xc explain` tells about the findings of the compiler's front end. */
export interface CodeExplanation {
  readonly title: string;
  readonly explanation: string;
  readonly example: string;
}
export const passCodes = {} as const satisfies Record<string, CodeExplanation>;
export type PassCode = string;
