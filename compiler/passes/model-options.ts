import type { Model } from "../../dsl/model.ts";
import type { NetworkOptions } from "../ir/network.ts";

/** What a model says about the whole network, with the defaults for what it leaves out. */
export const modelOptions = ({ fifo, averagePoolRounding }: Model): NetworkOptions => ({
  fifo: fifo ?? "none",
  averagePoolRounding: averagePoolRounding ?? false,
});
