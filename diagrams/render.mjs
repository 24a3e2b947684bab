// Graphviz as WebAssembly: reads {name: DOT} as JSON on stdin, writes {name: SVG} on stdout.
import { text } from "node:stream/consumers";
import { instance } from "@viz-js/viz";

const drawings = JSON.parse(await text(process.stdin));
const viz = await instance();
const drawn = Object.entries(drawings).map(([name, dot]) => [name, viz.renderString(dot, { format: "svg" })]);
process.stdout.write(JSON.stringify(Object.fromEntries(drawn)));
