/** Recorded programs that every test run compares; the others are for the slow suite. */
const networks = ["networks/MAX78000/mnist", "networks/MAX78000/mnist-extrasmall", "networks/MAX78000/cifar-10"];

export const quickCases = (id: string): boolean => networks.includes(id) || id.startsWith("layers/MAX78000/");
