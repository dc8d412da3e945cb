// Writes ONNX models (the protocol buffers of onnx.proto3, fields by their numbers) and runs them with ONNX Runtime.
import ort from "onnxruntime-node";

const bytes = (...parts) => Buffer.concat(parts.map((p) => (typeof p === "string" ? Buffer.from(p) : p)));

function varint(value) {
  const out = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Buffer.from(out);
}

const number = (field, value) => bytes(varint(field << 3), varint(value));
const block = (field, value) => {
  const body = typeof value === "string" ? Buffer.from(value) : value;
  return bytes(varint((field << 3) | 2), varint(body.length), body);
};
const float = (field, value) => {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return bytes(varint((field << 3) | 5), body);
};

const types = { float32: 1, int32: 6, int64: 7 };

/** A constant: values is a Float32Array, Int32Array or BigInt64Array. */
export function constant(name, axes, values) {
  const type = values instanceof Float32Array ? types.float32 : values instanceof Int32Array ? types.int32 : types.int64;
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes(...axes.map((a) => number(1, a)), number(2, type), block(8, name), block(9, raw));
}

function attribute(name, value) {
  const head = block(1, name);
  if (typeof value === "string") return bytes(head, block(4, value), number(20, 3));
  if (Array.isArray(value)) return bytes(head, ...value.map((v) => number(8, v)), number(20, 7));
  if (typeof value === "object") return bytes(head, float(2, value.float), number(20, 1));
  return bytes(head, number(3, value), number(20, 2));
}

/** A node. Attributes: whole numbers, strings, arrays of whole numbers, and { float: x } for real numbers. domain: "com.microsoft" for ORT's own operators. */
export function node(operator, inputs, outputs, attributes = {}, domain = "") {
  return bytes(
    ...inputs.map((i) => block(1, i)), ...outputs.map((o) => block(2, o)), block(4, operator),
    ...Object.entries(attributes).map(([n, v]) => block(5, attribute(n, v))), ...(domain ? [block(7, domain)] : []),
  );
}

function port(name, type, axes) {
  const shape = bytes(...axes.map((a) => block(1, typeof a === "string" ? block(2, a) : number(1, a))));
  return bytes(block(1, name), block(2, block(1, bytes(number(1, types[type]), block(2, shape)))));
}

/** A model's bytes. inputs and outputs: [name, type, axes], an axis being a length or a name. */
export function model({ nodes, constants = [], inputs, outputs }) {
  const graph = bytes(
    ...nodes.map((n) => block(1, n)), block(2, "graph"), ...constants.map((c) => block(5, c)),
    ...inputs.map((i) => block(11, port(...i))), ...outputs.map((o) => block(12, port(...o))),
  );
  const operators = (domain, version) => block(8, bytes(block(1, domain), number(2, version)));
  return bytes(number(1, 9), block(7, graph), operators("", 17), operators("com.microsoft", 1));
}

export const threads = Number(process.env.PEER_THREADS);

/** A session with every graph optimization. */
export const session = (bytesOfModel) =>
  ort.InferenceSession.create(bytesOfModel, { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: "all", executionMode: "sequential" });

/** A tensor. */
export const tensor = (values, axes) => new ort.Tensor(values instanceof Float32Array ? "float32" : values instanceof Int32Array ? "int32" : "int64", values, axes);

/** Numbers between −½ and ½. */
export const numbers = (count) => Float32Array.from({ length: count }, () => Math.random() - 0.5);
