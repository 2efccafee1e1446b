// Writes composer/render/mjml_schema.json from the node `mjml` package (MIT): what each element allows.
// In: an installed mjml 5 (the folder that holds node_modules). Out: the JSON on stdout. Never compiles anything.
//
//   mkdir /tmp/mjml && npm install --prefix /tmp/mjml mjml@5
//   node scripts/mjml_schema.mjs /tmp/mjml > composer/render/mjml_schema.json
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2] ?? ".", "package.json"));
const preset = require("mjml-preset-core");
const { components, dependencies } = preset.default ?? preset;
const colours = require("mjml-core/lib/types/helpers/colors");
const { version } = require("mjml/package.json");

const elements = {};
const classes = components.map((c) => c.default ?? c);
const elementNames = new Set([...Object.keys(dependencies), ...classes.map((c) => c.componentName)]);
for (const name of [...elementNames].sort()) {
  const component = classes.find((c) => c.componentName === name);
  const attributes = {};
  for (const [attribute, type] of Object.entries(component?.allowedAttributes ?? {})) (attributes[type] ??= []).push(attribute);
  elements[name] = {
    ending: component?.endingTag === true,
    children: (dependencies[name] ?? []).filter((child) => typeof child === "string"),
    attributes,
  };
}
// Names that are no colour in any element's schema but are colours in CSS.
const names = [...new Set([...(colours.default ?? colours), "transparent", "inherit"])].sort().join(" ");
const rows = Object.entries(elements).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
process.stdout.write(`{"mjml": ${JSON.stringify(version)}, "colours": ${JSON.stringify(names)}, "elements": {\n${rows.join(",\n")}\n}}\n`);
