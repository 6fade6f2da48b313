/** The sentence, if the condition holds: rules read as lists. */
export const when = (condition: boolean, sentence: string): string[] => (condition ? [sentence] : []);
