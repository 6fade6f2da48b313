import type { LayerReport } from "./layer-report.ts";
import type { Layer, Network } from "./network.ts";

/**
 * A rolling buffer is two tensors behind one another: the rows that are kept, written by a layer that `recalls` both,
 * and the newest rows, written by a later layer. The copy moves everything but the oldest rows to the front.
 */
export function verifyRollingBuffer(network: Network, layer: Layer, report: LayerReport): void {
  const wrong = (message: string): void => report.error("AI1524", message);
  const { index, sources, crop, output } = layer;
  const [kept, newest] = sources;
  const makes = typeof newest === "number" && newest > index ? network.layers[newest] : undefined;
  if (sources.length !== 2 || kept !== index || makes === undefined) {
    return wrong("it moves a rolling buffer, and must recall its own rows and then those of one later layer");
  }
  const { convolution, eltwise, pool, flatten, activation, streaming } = layer;
  if (convolution || eltwise || pool || flatten || activation || streaming) {
    wrong("it moves a rolling buffer, and can do nothing else");
  }
  if (index === 0) wrong("it moves a rolling buffer, and cannot be the first layer, which the input is loaded for");
  const { channels, height, width } = makes.output;
  if (channels !== output.channels || width !== output.width) {
    wrong(
      `rows of ${output.width} and ${output.channels} channels are kept, but '${makes.name}' adds rows of ${width} and ${channels} channels`,
    );
  }
  if (crop[0] !== height || crop[1] !== 0) {
    wrong(`it must drop the ${height} oldest rows, as many as '${makes.name}' adds; it drops ${crop.join(" + ")}`);
  }
  if (output.channels > report.device.processors) {
    wrong(`a rolling buffer has at most ${report.device.processors} channels, not ${output.channels}`);
  }
  if (makes.outputBits === 32) wrong(`'${makes.name}' adds 32-bit rows; a rolling buffer keeps 8-bit data`);
  if (makes.streaming) wrong(`'${makes.name}' streams and starts before the buffer has moved; its rows must be copied`);
}
