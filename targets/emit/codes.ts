/** What the diagnostic codes of emission mean. */
export const emitCodes = {
  AI5001: {
    title: "An option of the project is out of range",
    explanation: "Timers, ports, pins, delays and clock dividers are whole numbers with device limits.",
    example: "--timer 9 on a chip with six timers",
  },
  AI5002: {
    title: "A file name of the project cannot be used",
    explanation:
      "Generated names use letters, digits, `_`, `-` and `.`, differ from each other, and C files end in .c.",
    example: '--prefix "my project/1"',
  },
  AI5003: {
    title: "A macro is not NAME or NAME=VALUE",
    explanation: "Extra macros reach the compiler as -D options.",
    example: '--define "2FAST"',
  },
  AI5004: {
    title: "Two options of the project exclude each other, or one needs another",
    explanation:
      "For instance the fast FIFO is reachable from the RISC-V core only, deep sleep needs a RISC-V project, and a " +
      "one-shot run cannot be timed.",
    example: "--deepsleep without --riscv",
  },
  AI5005: {
    title: "Energy measurement ignores the timer",
    explanation: "The measuring loops repeat the inference; a single time would mean nothing.",
    example: "--energy --timer 0",
  },
  AI5006: {
    title: "The project has no known-answer test",
    explanation:
      "Without a sample input there is nothing to compare with. With a rolling buffer, the known answer is that of the " +
      "first inference, and measuring energy runs many.",
    example: "a program compiled without sample",
  },
  AI5007: {
    title: "An output is not read through the byte transposer",
    explanation:
      "The transposer of --mlator reads four pixels of one channel at once. It takes 8-bit results that are not scaled, " +
      "whose channels have a multiple of four values in neighboring words of data memory; others are copied.",
    example: "--mlator for a classifier, whose output has one value per channel",
  },
  AI5008: {
    title: "Too many values for a softmax",
    explanation: "The softmax functions count values with 16 bits.",
    example: "--softmax on an output of 4 x 160 x 160",
  },
  AI5009: {
    title: "The softmax does not cover what one might expect",
    explanation: "It runs over all values of the last output, not per pixel and not over several outputs.",
    example: "--softmax on a segmentation network",
  },
  AI5010: {
    title: "The accelerator clock is too fast",
    explanation: "Without the pipeline the accelerator runs at 50 MHz at most.",
    example: "--no-pipeline --clock-divider 1",
  },
  AI5012: {
    title: "The input cannot be repeated",
    explanation:
      "A project that stores the first words of its sample only adds a step to them again and again. That works for " +
      "pixels of one to four channels that arrive through one FIFO.",
    example: "--synthesize-input 1 without --fifo",
  },
  AI5011: {
    title: "The scaled output does not fit its type",
    explanation: "Scaled 8-bit outputs become 16 bits wide, 32-bit outputs stay 32 bits wide.",
    example: "a final scale of 2^9 on an 8-bit output",
  },
  AI5013: {
    title: "A copying loop that should be unrolled does not exist",
    explanation: "cnn_unload() has one loop for each kind of output: transposed, 8-bit and 32-bit.",
    example: "--unroll-wide 8 for a network with 8-bit results",
  },
} as const;
