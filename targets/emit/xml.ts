/** An element with its children, or text that is XML already. */
export type XmlNode =
  | string
  | {
      readonly tag: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly children: readonly XmlNode[];
    };

export const element = (
  tag: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly XmlNode[] = [],
): XmlNode => ({ tag, attributes, children });

/** An element around text. */
export const textElement = (tag: string, text: string): XmlNode => element(tag, {}, [escaped(text)]);

/** A document: declaration, processing instructions, one element; two spaces per level. */
export const xmlDocument = (root: XmlNode, instructions: readonly string[] = []): string =>
  ['<?xml version="1.0" encoding="UTF-8"?>', ...instructions, ...lines(root, ""), ""].join("\n");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function lines(node: XmlNode, indent: string): string[] {
  if (typeof node === "string") return [`${indent}${node}`];
  const { tag, attributes, children } = node;
  const open = [tag, ...Object.entries(attributes).map(([name, value]) => `${name}="${escaped(value)}"`)].join(" ");
  if (children.length === 0) return [`${indent}<${open}/>`];
  const [only] = children;
  if (children.length === 1 && typeof only === "string") return [`${indent}<${open}>${only}</${tag}>`];
  return [`${indent}<${open}>`, ...children.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${tag}>`];
}
