// Single operations in ONNX Runtime, each in every form that may be its fastest.
import { constant, model, node, numbers, session, tensor } from "./onnx.mjs";

/** Runs a model on feeds, into outputs that are allocated once. */
const into = async (bytes, feeds, outputs) => {
  const made = await session(bytes);
  return () => made.run(feeds, outputs);
};

export const cases = {
  /** x [tokens input] · weightᵀ + bias */
  linear({ tokens, input, output }) {
    const ports = { inputs: [["x", "float32", [tokens, input]]], outputs: [["y", "float32", [tokens, output]]] };
    const feeds = { x: tensor(numbers(tokens * input), [tokens, input]) };
    const outputs = { y: tensor(new Float32Array(tokens * output), [tokens, output]) };
    const weight = numbers(input * output), bias = constant("b", [output], numbers(output));
    return {
      Gemm: () => into(model({ ...ports, nodes: [node("Gemm", ["x", "w", "b"], ["y"])], constants: [constant("w", [input, output], weight), bias] }), feeds, outputs),
      "Gemm, transposed weights": () => into(model({ ...ports, nodes: [node("Gemm", ["x", "w", "b"], ["y"], { transB: 1 })], constants: [constant("w", [output, input], weight), bias] }), feeds, outputs),
      "MatMul and Add": () => into(model({ ...ports, nodes: [node("MatMul", ["x", "w"], ["p"]), node("Add", ["p", "b"], ["y"])], constants: [constant("w", [input, output], weight), bias] }), feeds, outputs),
    };
  },
};
