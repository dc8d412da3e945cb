// A BERT's forward pass as an ONNX model, from a checkpoint, in the forms that ONNX Runtime may run fastest; each form's numbers
// are compared with Heartwood's before it is timed.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { constant, model, node, session, tensor } from "./onnx.mjs";

const MICROSOFT = "com.microsoft";
const EPSILON = { epsilon: { float: 1e-12 } };

/** config.json and a reader of model.safetensors: name → { axes, values }. */
function checkpoint(folder) {
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8"));
  const file = openSync(`${folder}/model.safetensors`);
  const read = (at, count) => {
    const bytes = Buffer.alloc(count);
    readSync(file, bytes, 0, count, at);
    return bytes;
  };
  const headerLength = Number(read(0, 8).readBigUInt64LE());
  const header = JSON.parse(read(8, headerLength).toString("utf8"));
  const get = (name) => {
    const { shape, data_offsets: [begin, end] } = header[name];
    const bytes = read(8 + headerLength + begin, end - begin);
    return { axes: shape, values: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
  };
  return { config, get, close: () => closeSync(file) };
}

/** [rows columns] → [columns rows] */
function transposed({ axes: [rows, columns], values }) {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
  return { axes: [columns, rows], values: turned };
}

/** Matrices [input outputs] side by side. */
function beside(matrices) {
  const [input, output] = matrices[0].axes;
  const values = new Float32Array(input * output * matrices.length);
  for (let i = 0; i < input; i++) matrices.forEach((m, at) => values.set(m.values.subarray(i * output, (i + 1) * output), (i * matrices.length + at) * output));
  return { axes: [input, output * matrices.length], values };
}

/** Builds the graph. attention: "plain" (ONNX's own operators throughout; ORT fuses them), "Attention" or "MultiHeadAttention" (ORT's). */
class Graph {
  nodes = [];
  constants = [];
  made = 0;

  constructor({ config, get }, attention) {
    Object.assign(this, { get, attention, heads: config.num_attention_heads, width: config.hidden_size, layers: config.num_hidden_layers });
    this.headWidth = this.width / this.heads;
    this.fused = attention !== "plain";
  }

  add(operator, inputs, attributes = {}, domain = "", outputs = 1) {
    const names = Array.from({ length: outputs }, () => `t${this.made++}`);
    this.nodes.push(node(operator, inputs, names, attributes, domain));
    return outputs === 1 ? names[0] : names;
  }

  put({ axes, values }) {
    const name = `c${this.made++}`;
    this.constants.push(constant(name, axes, values));
    return name;
  }

  numbers = (...values) => this.put({ axes: [values.length], values: BigInt64Array.from(values, BigInt) });
  number = (value) => this.put({ axes: [], values: Float32Array.of(value) });
  weight = (name) => this.put(this.get(name));
  matrix = (name) => this.put(transposed(this.get(`${name}.weight`)));
  linear = (x, name) => this.add("Add", [this.add("MatMul", [x, this.matrix(name)]), this.weight(`${name}.bias`)]);
  normed = (x, name) => this.add("LayerNormalization", [x, this.weight(`${name}.weight`), this.weight(`${name}.bias`)], { axis: -1, ...EPSILON });

  /** norm(x + y + bias), y being a linear layer's product without its bias. */
  joined(x, y, bias, norm) {
    if (!this.fused) return this.normed(this.add("Add", [x, this.add("Add", [y, this.weight(bias)])]), norm);
    return this.add("SkipLayerNormalization", [x, y, this.weight(`${norm}.weight`), this.weight(`${norm}.bias`), this.weight(bias)], EPSILON, MICROSOFT);
  }

  embeddings() {
    const name = "bert.embeddings";
    if (this.fused) {
      const weights = ["word_embeddings", "position_embeddings", "token_type_embeddings"].map((n) => this.weight(`${name}.${n}.weight`));
      return this.add("EmbedLayerNormalization", ["ids", "types", ...weights, this.weight(`${name}.LayerNorm.weight`), this.weight(`${name}.LayerNorm.bias`)], EPSILON, MICROSOFT, 2)[0];
    }
    const rows = (table, index) => this.add("Gather", [this.weight(`${name}.${table}.weight`), index], { axis: 0 });
    return this.normed(this.add("Add", [this.add("Add", [rows("word_embeddings", "ids"), rows("token_type_embeddings", "types")]), rows("position_embeddings", "positions")]), `${name}.LayerNorm`);
  }

  /** Every head's mix of values, [batch token width]. */
  mixed(x, name, masked) {
    const sides = ["query", "key", "value"].map((s) => `${name}.attention.self.${s}`);
    if (this.attention === "Attention") {
      const bias = this.put({ axes: [3 * this.width], values: Float32Array.from(sides.flatMap((s) => [...this.get(`${s}.bias`).values])) });
      return this.add("Attention", [x, this.put(beside(sides.map((s) => transposed(this.get(`${s}.weight`))))), bias, ...(masked ? ["lengths"] : [])], { num_heads: this.heads }, MICROSOFT);
    }
    if (this.attention === "MultiHeadAttention") return this.add("MultiHeadAttention", [...sides.map((s) => this.linear(x, s)), ...(masked ? ["", "lengths"] : [])], { num_heads: this.heads }, MICROSOFT);
    const split = (side, perm) => this.add("Transpose", [this.add("Reshape", [this.linear(x, side), this.numbers(0, 0, this.heads, this.headWidth)])], { perm });
    const [q, k, v] = [split(sides[0], [0, 2, 1, 3]), split(sides[1], [0, 2, 3, 1]), split(sides[2], [0, 2, 1, 3])];
    const scores = this.add("Div", [this.add("MatMul", [q, k]), this.number(Math.sqrt(this.headWidth))]);
    const shares = this.add("Softmax", [masked ? this.add("Add", [scores, "bias"]) : scores], { axis: -1 });
    return this.add("Reshape", [this.add("Transpose", [this.add("MatMul", [shares, v])], { perm: [0, 2, 1, 3] }), this.numbers(0, 0, this.width)]);
  }

  gelu(x, bias) {
    if (this.fused) return this.add("BiasGelu", [x, this.weight(bias)], {}, MICROSOFT);
    const y = this.add("Add", [x, this.weight(bias)]);
    const one = this.add("Add", [this.add("Erf", [this.add("Div", [y, this.number(Math.SQRT2)])]), this.number(1)]);
    return this.add("Mul", [this.add("Mul", [y, one]), this.number(0.5)]);
  }

  encoder(masked) {
    let x = this.embeddings();
    for (let i = 0; i < this.layers; i++) {
      const name = `bert.encoder.layer.${i}`;
      x = this.joined(x, this.add("MatMul", [this.mixed(x, name, masked), this.matrix(`${name}.attention.output.dense`)]), `${name}.attention.output.dense.bias`, `${name}.attention.output.LayerNorm`);
      const up = this.gelu(this.add("MatMul", [x, this.matrix(`${name}.intermediate.dense`)]), `${name}.intermediate.dense.bias`);
      x = this.joined(x, this.add("MatMul", [up, this.matrix(`${name}.output.dense`)]), `${name}.output.dense.bias`, `${name}.output.LayerNorm`);
    }
    return x;
  }

  classified(x) {
    const first = this.add("Gather", [x, this.put({ axes: [], values: BigInt64Array.of(0n) })], { axis: 1 });
    return this.linear(this.add("Tanh", [this.linear(first, "bert.pooler.dense")]), "classifier");
  }
}

/** The batch, padded to its longest sequence. */
function feeds({ lengths, ids, types }, plain, masked) {
  const count = lengths.length, longest = Math.max(...lengths), size = count * longest;
  const Whole = plain ? BigInt64Array : Int32Array, one = plain ? BigInt : Number;
  const words = new Whole(size), kinds = new Whole(size), positions = new BigInt64Array(size), bias = new Float32Array(size).fill(-1e9);
  let at = 0;
  lengths.forEach((length, s) => {
    for (let t = 0; t < longest; t++) positions[s * longest + t] = BigInt(t);
    for (let t = 0; t < length; t++, at++) {
      words[s * longest + t] = one(ids[at]);
      kinds[s * longest + t] = one(types[at]);
    }
    bias.fill(0, s * longest, s * longest + length);
  });
  return {
    ids: tensor(words, [count, longest]), types: tensor(kinds, [count, longest]),
    ...(plain ? { positions: tensor(positions, [count, longest]) } : {}),
    ...(!masked ? {} : plain ? { bias: tensor(bias, [count, 1, 1, longest]) } : { lengths: tensor(Int32Array.from(lengths), [count]) }),
  };
}

function compared(found, expected) {
  if (found.length !== expected.length) throw new Error(`${found.length} numbers, Heartwood has ${expected.length}`);
  let difference = 0, largest = 0;
  for (let i = 0; i < found.length; i++) {
    difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  if (!(difference < 1e-3 * largest)) throw new Error(`differs from Heartwood by ${(difference / largest).toExponential(1)} of the largest value`);
}

/** One form of a pass, ready to run. */
async function form(request, attention, classify) {
  const { lengths } = request, masked = new Set(lengths).size > 1, longest = Math.max(...lengths);
  const read = checkpoint(request.model), graph = new Graph(read, attention);
  const hidden = graph.encoder(masked), result = classify ? graph.classified(hidden) : hidden;
  const labels = read.get("classifier.bias").axes[0];
  read.close();
  const inputs = feeds(request, !graph.fused, masked);
  const ports = Object.entries(inputs).map(([name, t]) => [name, t.type, t.dims]);
  const made = await session(model({ nodes: graph.nodes, constants: graph.constants, inputs: ports, outputs: [[result, "float32", classify ? [lengths.length, labels] : [lengths.length, longest, graph.width]]] }));
  const expected = readFileSync(request.expected);
  compared((await made.run(inputs))[result].data, new Float32Array(expected.buffer, expected.byteOffset, expected.length / 4));
  return () => made.run(inputs);
}

const forms = (request, classify) => Object.fromEntries(
  [["own operators", "plain"], ["fused operators, Attention", "Attention"], ["fused operators, MultiHeadAttention", "MultiHeadAttention"]].map(([name, attention]) => [name, () => form(request, attention, classify)]),
);

export const cases = {
  /** Every hidden state behind the last layer; sequences of one length. */
  encoder: (request) => forms(request, false),
  /** Scores of the labels. */
  classify: (request) => forms(request, true),
};
