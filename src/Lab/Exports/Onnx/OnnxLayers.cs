using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Tensors;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>
/// What the layers of all families are made of, in operators of ONNX's own: products with a model's weights, norms, activations, the mixing
/// of values. Values that pass are [batch sequence width], those of heads [batch head sequence headWidth].
/// </summary>
/// <param name="model">whose weights are written</param>
/// <param name="weights">how large weights are stored; float16 is computed in float32 all the same, int8 in whole numbers</param>
sealed class OnnxLayers(IModel model, OnnxWeights weights)
{
    // shorter tensors (biases, norms, constants) stay float32, and of tables that are int8 otherwise those of few rows (positions)
    const int Least = 1025, LeastRows = 256;

    // what an input of integer products became, by its name: queries, keys and values share it
    readonly Dictionary<string, string[]> quantized = [];

    bool IsHalf(ReadOnlySpan<float> values) => weights == OnnxWeights.Float16 && values.Length >= Least;

    bool IsWhole(ReadOnlySpan<float> values) => weights == OnnxWeights.Int8 && values.Length >= Least;

    /// <summary>The model.</summary>
    internal IModel Model => model;

    /// <summary>Its config, to be read as the family reads it.</summary>
    internal ModelConfig Config { get; } = NewHead.ToConfig(model.Config, "the model's config");

    /// <summary>The graph that grows.</summary>
    internal OnnxGraph Graph { get; } = new();

    /// <summary>Whether the model has a tensor of this name.</summary>
    internal bool Has(string name) => model.Weights.Has(name);

    /// <summary>A weight as the checkpoint has it.</summary>
    internal string Weight(string name)
    {
        Tensor tensor = model.Weights.All[name];
        return Stored(name, Axes(tensor), tensor.Values);
    }

    /// <summary>Values of our own: a table of positions, say.</summary>
    internal string Table(string name, long[] axes, ReadOnlySpan<float> values) =>
        Graph.Has(name) ? name : Graph.Tensor(name, OnnxType.Float, axes, OnnxGraph.Bytes(values));

    string Stored(string name, long[] axes, ReadOnlySpan<float> values)
    {
        if (!IsHalf(values)) return Table(name, axes, values);
        return Graph.Add("Cast", [StoredHalf(name, axes, values)], ("to", (long)OnnxType.Float));
    }

    string StoredHalf(string name, long[] axes, ReadOnlySpan<float> values)
    {
        if (Graph.Has(name)) return name;
        Half[] rounded = new Half[values.Length];
        for (int i = 0; i < rounded.Length; i++) rounded[i] = (Half)values[i];
        return Graph.Tensor(name, OnnxType.Float16, axes, OnnxGraph.Bytes<Half>(rounded));
    }

    static long[] Axes(Tensor tensor) => [.. tensor.Shape.Axes.ToArray().Select(axis => (long)axis)];

    /// <summary>Rows of a weight.</summary>
    internal string Rows(string name, string ids)
    {
        Tensor table = model.Weights.All[name];
        if (IsWhole(table.Values) && table.Shape[0] >= LeastRows)
        {
            var (codes, scales) = WholeRows(name);
            string column = Graph.Add("Gather", [Graph.Add("Unsqueeze", [scales, Graph.Wholes(1)]), ids]);
            return Times(Graph.Add("Cast", [Graph.Add("Gather", [codes, ids])], ("to", (long)OnnxType.Float)), column);
        }
        if (!IsHalf(table.Values)) return Graph.Add("Gather", [Weight(name), ids]);
        return Graph.Add("Cast", [Graph.Add("Gather", [StoredHalf(name, Axes(table), table.Values), ids])], ("to", (long)OnnxType.Float));
    }

    // a table's rows as int8, a scale for each row: codes [rows width], scales [rows]
    (string Codes, string Scales) WholeRows(string name)
    {
        if (Graph.Has(name)) return (name, $"{name}.scales");
        Tensor table = model.Weights.All[name];
        (int rows, int width) = (table.Shape[0], table.Shape[1]);
        return StoredWhole(name, rows, width, table.Values, outputFirst: true);
    }

    // symmetric, a scale for each output: its largest value becomes 127
    (string Codes, string Scales) StoredWhole(string name, int outputs, int inputs, ReadOnlySpan<float> values, bool outputFirst)
    {
        float[] scales = new float[outputs];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inputs; i++)
                scales[o] = Math.Max(scales[o], Math.Abs(values[outputFirst ? o * inputs + i : i * outputs + o]) / 127);
        sbyte[] codes = new sbyte[values.Length];
        for (int at = 0; at < codes.Length; at++)
        {
            float scale = scales[outputFirst ? at / inputs : at % outputs];
            codes[at] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(values[at] / scale), -127, 127);
        }
        long[] axes = outputFirst ? [outputs, inputs] : [inputs, outputs];
        return (Graph.Tensor(name, OnnxType.Int8, axes, OnnxGraph.Bytes<sbyte>(codes)), Table($"{name}.scales", [outputs], scales));
    }

    // x · codes · scales, x as whole numbers too, whose scale is found as it comes (one for the whole batch)
    string WholeProduct(string x, string codes, string scales)
    {
        if (!quantized.TryGetValue(x, out string[]? made)) quantized[x] = made = Graph.AddMany("DynamicQuantizeLinear", [x], 3);
        string zero = Graph.Has("zero") ? "zero" : Graph.Tensor("zero", OnnxType.Int8, [], [0]);
        string sums = Graph.Add("MatMulInteger", [made[0], codes, made[2], zero]);
        return Times(Graph.Add("Cast", [sums], ("to", (long)OnnxType.Float)), Times(made[1], scales));
    }

    /// <summary>x · weightᵀ, of a weight [output input]; x · weight where the checkpoint has the input first.</summary>
    internal string Product(string x, string name, bool inputFirst = false)
    {
        Tensor weight = model.Weights.All[name];
        (int output, int input) = inputFirst ? (weight.Shape[1], weight.Shape[0]) : (weight.Shape[0], weight.Shape[1]);
        ReadOnlySpan<float> values = weight.Values;
        if (IsWhole(values) && inputFirst)
        {
            var (codes, scales) = Graph.Has(name) ? (name, $"{name}.scales")
                : StoredWhole(name, output, input, values, outputFirst: false);
            return WholeProduct(x, codes, scales);
        }
        if (inputFirst) return Graph.Add("MatMul", [x, Weight(name)]);
        // what is there already as a table, word embeddings that are the output too, is not written twice
        if (IsWhole(values) && Graph.Has($"{name}.scales"))
            return WholeProduct(x, Graph.Add("Transpose", [name], ("perm", [1L, 0])), $"{name}.scales");
        if (Graph.Has(name)) return Graph.Add("MatMul", [x, Graph.Add("Transpose", [Weight(name)], ("perm", [1L, 0]))]);
        float[] turned = new float[values.Length];
        for (int o = 0; o < output; o++)
            for (int i = 0; i < input; i++) turned[i * output + o] = values[o * input + i];
        if (!IsWhole(values)) return Graph.Add("MatMul", [x, Stored($"{name}.transposed", [input, output], turned)]);
        string stored = $"{name}.transposed";
        var (whole, each) = Graph.Has(stored) ? (stored, $"{stored}.scales")
            : StoredWhole(stored, output, input, turned, outputFirst: false);
        return WholeProduct(x, whole, each);
    }

    /// <summary>A linear layer, with its bias where there is one.</summary>
    internal string Linear(string x, string name, bool inputFirst = false) =>
        PlusConstant(Product(x, $"{name}.weight", inputFirst), $"{name}.bias");

    /// <summary>x plus a constant, where the model has it: a bias, or what is left of a block that was cut.</summary>
    internal string PlusConstant(string x, string? name) => name is not null && Has(name) ? Plus(x, Weight(name)) : x;

    /// <summary>a + b</summary>
    internal string Plus(string a, string b) => Graph.Add("Add", [a, b]);

    /// <summary>a · b, value by value</summary>
    internal string Times(string a, string b) => Graph.Add("Mul", [a, b]);

    /// <summary>Layer norm, the older names of its weights included.</summary>
    internal string Norm(string x, string name, float epsilon) => Graph.Add("LayerNormalization",
        [x, Weight(Either($"{name}.weight", $"{name}.gamma")), Weight(Either($"{name}.bias", $"{name}.beta"))],
        ("axis", -1L), ("epsilon", epsilon));

    string Either(string name, string older) => Has(name) ? name : older;

    /// <summary>RMS norm, x / √(mean x² + epsilon) · weight.</summary>
    internal string Rms(string x, string name, float epsilon)
    {
        string mean = Graph.Add("ReduceMean", [Times(x, x)], ("axes", [-1L]), ("keepdims", 1L));
        return Times(Graph.Add("Div", [x, Graph.Add("Sqrt", [Plus(mean, Graph.Number(epsilon))])]), Weight($"{name}.weight"));
    }

    /// <summary>An activation.</summary>
    internal string Activate(string x, Activation activation) => activation switch
    {
        Activation.None => x,
        Activation.Tanh => Graph.Add("Tanh", [x]),
        Activation.Relu => Graph.Add("Relu", [x]),
        Activation.Silu => Times(x, Graph.Add("Sigmoid", [x])),
        Activation.GeluErf => Times(
            Times(x, Plus(Graph.Add("Erf", [Graph.Add("Div", [x, Graph.Number(MathF.Sqrt(2))])]), Graph.Number(1))), Graph.Number(0.5f)),
        Activation.GeluTanh => GeluTanh(x),
        _ => throw new NotSupportedException($"ONNX: the activation {activation} has no form here yet. "
            + "Write the model with the export hugging-face."),
    };

    // Hendrycks and Gimpel 2016: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))
    string GeluTanh(string x)
    {
        string cubed = Times(Times(Times(x, x), x), Graph.Number(0.044715f));
        string tanh = Graph.Add("Tanh", [Times(Plus(x, cubed), Graph.Number(MathF.Sqrt(2 / MathF.PI)))]);
        return Times(Times(x, Graph.Number(0.5f)), Plus(tanh, Graph.Number(1)));
    }

    /// <summary>Heads apart: [batch head sequence headWidth] of [batch sequence heads·headWidth].</summary>
    internal string Split(string x, int heads) =>
        Graph.Add("Transpose", [Graph.Add("Reshape", [x, Graph.Wholes(0, 0, heads, model.HeadWidth)])], ("perm", [0L, 2, 1, 3]));

    /// <summary>What each head mixes of values, softmax(q kᵀ · scale + bias) v, side by side: [batch sequence heads·headWidth].</summary>
    /// <param name="q">queries of the heads</param>
    /// <param name="k">as many keys</param>
    /// <param name="v">as many values</param>
    /// <param name="bias">added to scores: 0 where a token is seen, a large negative number where not</param>
    /// <param name="scale">what scores are multiplied by</param>
    /// <param name="heads">how many heads</param>
    internal string Mix(string q, string k, string v, string bias, float scale, int heads)
    {
        string scores = Graph.Add("MatMul", [q, Graph.Add("Transpose", [k], ("perm", [0L, 1, 3, 2]))]);
        string shares = Graph.Add("Softmax", [Plus(Times(scores, Graph.Number(scale)), bias)], ("axis", -1L));
        string mixed = Graph.Add("Transpose", [Graph.Add("MatMul", [shares, v])], ("perm", [0L, 2, 1, 3]));
        return Graph.Add("Reshape", [mixed, Graph.Wholes(0, 0, (long)heads * model.HeadWidth)]);
    }

    /// <summary>A length of an input: [1].</summary>
    internal string Length(string input, int axis) =>
        Graph.Add("Slice", [Graph.Add("Shape", [input]), Graph.Wholes(axis), Graph.Wholes(axis + 1)]);

    /// <summary>Names the scores and declares them.</summary>
    internal void Output(string x, string name, params OnnxAxis[] axes)
    {
        Graph.AddNamed("Identity", [x], [name]);
        Graph.Output(name, OnnxType.Float, axes);
    }
}
