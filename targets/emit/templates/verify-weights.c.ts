/** cnn_verify_weights() for packed (express) and for plain weight tables. */
export const verifyWeights = `\
{{#if express}}
// Byte \`index\` of a packed stream, most significant byte first
static uint32_t packed_byte(const uint32_t *words, uint32_t index)
{
  return (words[index / 4] >> (24 - 8 * (index % 4))) & 0xff;
}

{{/if}}
static int same_word(uint32_t address, uint32_t expected)
{
  const uint32_t value = CNN_REG(address);

  if (value == expected) {
    return 1;
  }
  printf("Weight at %08x is %08x, expected %08x\\n", (unsigned int) address, (unsigned int) value, (unsigned int) expected);
  return 0;
}

int cnn_verify_weights(void)
{
  for (const uint32_t *chunk = kernels; chunk[0] != 0; chunk += 2 + chunk[1]) {
{{#if express}}
    // Packed transfers count weights in words; reading back, a weight takes four
    const uint32_t window = chunk[0] & ~{{windowMask}};
    const uint32_t first = window + 4 * (chunk[0] & {{windowMask}});
    const uint32_t columns = 4 * chunk[1] / 9;

    for (uint32_t column = 0; column < columns; column++) {
      const uint32_t address = first + 16 * column;
      uint32_t index = 9 * column;

      if (!same_word(address, packed_byte(&chunk[2], index++))) {
        return CNN_FAIL;
      }
      for (uint32_t word = 1; word < 3; word++) {
        uint32_t expected = 0;

        for (int byte = 0; byte < 4; byte++) {
          expected = expected << 8 | packed_byte(&chunk[2], index++);
        }
        if (!same_word(address + 4 * word, expected)) {
          return CNN_FAIL;
        }
      }
    }
{{else}}
    for (uint32_t i = 0; i < chunk[1]; i++) {
      if (!same_word(chunk[0] + 4 * i, chunk[2 + i])) {
        return CNN_FAIL;
      }
    }
{{/if}}
  }

  return CNN_OK;
}
`;
