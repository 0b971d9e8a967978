// node enhance.mjs network.onnx noisy.f32 enhanced.f32 [--level 0.05] [--block 128] [--web]
//
// Reads and writes mono samples as raw 32-bit floats, as `ffmpeg -f f32le` does, and takes them
// block by block, as a sound card would deliver them.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Stream } from "./stream.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    level: { type: "string", default: "0.05" },
    block: { type: "string", default: "128" },
    web: { type: "boolean", default: false },
  },
});
const [network, noisy, enhanced] = positionals;
if (!enhanced) {
  console.error("node enhance.mjs network.onnx noisy.f32 enhanced.f32 [--level 0.05] [--web]");
  process.exit(2);
}
const { default: ort } = await import(values.web ? "onnxruntime-web" : "onnxruntime-node");
const told = JSON.parse(readFileSync(network.replace(/\.onnx$/, ".json"), "utf-8"));
const session = await ort.InferenceSession.create(readFileSync(network));
const stream = new Stream(ort, session, told, Number(values.level));

const bytes = readFileSync(noisy);
const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const size = Number(values.block);
const out = [];
const start = process.cpuUsage();
for (let i = 0; i < samples.length; i += size) {
  out.push(...(await stream.push(samples.subarray(i, i + size))));
}
out.push(...(await stream.finish()));
const { user, system } = process.cpuUsage(start);
writeFileSync(enhanced, Buffer.from(Float32Array.from(out).buffer));
const seconds = samples.length / told.sampling_rate;
console.log(`${seconds.toFixed(1)} s enhanced in ${((user + system) / 1e6 / seconds).toFixed(3)} of real time`);
