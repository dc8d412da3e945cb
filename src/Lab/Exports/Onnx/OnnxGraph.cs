using System.Globalization;
using System.Runtime.InteropServices;

namespace Heartwood.Lab.Exports.Onnx;

/// <summary>Types of values, by the numbers of ONNX's <c>TensorProto.DataType</c>.</summary>
enum OnnxType
{
    /// <summary>float32</summary>
    Float = 1,

    /// <summary>whole numbers, -128 to 127</summary>
    Int8 = 3,

    /// <summary>int64</summary>
    Int64 = 7,

    /// <summary>true or false</summary>
    Bool = 9,

    /// <summary>float16</summary>
    Float16 = 10,
}

/// <summary>An attribute of a node: a whole number, a float or whole numbers.</summary>
readonly record struct OnnxAttribute(string Name, long? Whole, float? Real, long[]? Wholes)
{
    public static implicit operator OnnxAttribute((string Name, long Value) from) => new(from.Name, from.Value, null, null);

    public static implicit operator OnnxAttribute((string Name, float Value) from) => new(from.Name, null, from.Value, null);

    public static implicit operator OnnxAttribute((string Name, long[] Values) from) => new(from.Name, null, null, from.Values);

    // AttributeProto: name 1, f 2, i 3, ints 8, type 20 (FLOAT 1, INT 2, INTS 7)
    internal ProtoMessage Message()
    {
        ProtoMessage message = new ProtoMessage().Add(1, Name);
        if (Real is { } real) return message.Add(2, real).Add(20, 1L);
        if (Whole is { } whole) return message.Add(3, whole).Add(20, 2L);
        return message.Packed(8, Wholes!).Add(20, 7L);
    }
}

/// <summary>An axis of an input or output: its length, or a name where every length goes.</summary>
readonly record struct OnnxAxis(string? Name, long Length)
{
    public static implicit operator OnnxAxis(string name) => new(name, 0);

    public static implicit operator OnnxAxis(int length) => new(null, length);
}

/// <summary>
/// A graph of ONNX under construction (the format is <c>onnx.proto</c> of github.com/onnx/onnx, written by field numbers): nodes in order
/// of their computation, tensors that are the model's, inputs and outputs. A value is its name.
/// </summary>
sealed class OnnxGraph
{
    /// <summary>The version of ONNX's own operators: LayerNormalization needs 17, ReduceMean changes its form with 18.</summary>
    internal const int Opset = 17;

    // of the file format, which came with that opset
    const int FormatVersion = 8;

    readonly ProtoMessage graph = new ProtoMessage().Add(2, "heartwood");
    readonly List<OnnxTensor> initializers = [];
    readonly List<ProtoMessage> inputs = [], outputs = [];
    readonly Dictionary<string, string> constants = [];
    int made;

    /// <summary>Adds a node with one output.</summary>
    /// <returns>the output's name</returns>
    internal string Add(string op, IReadOnlyList<string> from, params OnnxAttribute[] attributes) => AddMany(op, from, 1, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    internal string[] AddMany(string op, IReadOnlyList<string> from, int count, params OnnxAttribute[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(_ => string.Create(CultureInfo.InvariantCulture, $"{op}_{made++}"))];
        AddNamed(op, from, names, attributes);
        return names;
    }

    /// <summary>Adds a node whose outputs are named: those of the graph.</summary>
    internal void AddNamed(string op, IReadOnlyList<string> from, IReadOnlyList<string> to, params OnnxAttribute[] attributes)
    {
        // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5
        ProtoMessage node = new();
        foreach (string name in from) node.Add(1, name);
        foreach (string name in to) node.Add(2, name);
        node.Add(3, $"make_{to[0]}").Add(4, op);
        foreach (OnnxAttribute attribute in attributes) node.Add(5, attribute.Message());
        graph.Add(1, node);
    }

    /// <summary>Whether a tensor of this name is there.</summary>
    internal bool Has(string name) => constants.ContainsKey(name);

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">its name</param>
    /// <param name="type">its type</param>
    /// <param name="axes">its shape; none for a single number</param>
    /// <param name="values">its values, little-endian</param>
    /// <returns>the name</returns>
    internal string Tensor(string name, OnnxType type, IReadOnlyList<long> axes, byte[] values)
    {
        initializers.Add(new(name, type, axes, values));
        return constants[name] = name;
    }

    /// <summary>Bytes of all tensors.</summary>
    internal long TensorBytes => initializers.Sum(tensor => (long)tensor.Values.Length);

    /// <summary>A float.</summary>
    internal string Number(float value) =>
        Constant($"number {BitConverter.SingleToInt32Bits(value)}", "number", OnnxType.Float, [], Bytes<float>([value]));

    /// <summary>A whole number.</summary>
    internal string Whole(long value) => Constant($"whole {value}", "whole", OnnxType.Int64, [], Bytes<long>([value]));

    /// <summary>A row of whole numbers: axes, a shape, bounds.</summary>
    internal string Wholes(params long[] values) =>
        Constant($"wholes {string.Join(' ', values)}", "wholes", OnnxType.Int64, [values.Length], Bytes<long>(values));

    string Constant(string key, string kind, OnnxType type, long[] axes, byte[] values)
    {
        if (constants.TryGetValue(key, out string? known)) return known;
        return constants[key] = Tensor(string.Create(CultureInfo.InvariantCulture, $"{kind}_{made++}"), type, axes, values);
    }

    /// <summary>Declares an input.</summary>
    internal string Input(string name, OnnxType type, params OnnxAxis[] axes)
    {
        inputs.Add(Port(name, type, axes));
        return name;
    }

    /// <summary>Declares an output, which a node of that name makes.</summary>
    internal void Output(string name, OnnxType type, params OnnxAxis[] axes) => outputs.Add(Port(name, type, axes));

    // ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1 { elem_type 1, shape 2 };
    // TensorShapeProto: dim 1 { dim_value 1, dim_param 2 }
    static ProtoMessage Port(string name, OnnxType type, OnnxAxis[] axes)
    {
        ProtoMessage shape = new();
        foreach (OnnxAxis axis in axes)
            shape.Add(1, axis.Name is { } any ? new ProtoMessage().Add(2, any) : new ProtoMessage().Add(1, axis.Length));
        ProtoMessage tensor = new ProtoMessage().Add(1, (long)type).Add(2, shape);
        return new ProtoMessage().Add(1, name).Add(2, new ProtoMessage().Add(1, tensor));
    }

    /// <summary>The whole file as a message.</summary>
    /// <param name="about">what reads as a description in viewers of such files</param>
    /// <param name="data">takes the values of large tensors, whose places there the message names; null where they are its own</param>
    internal ProtoMessage Model(string about, OnnxData? data = null)
    {
        // GraphProto: node 1, name 2, initializer 5, input 11, output 12; ModelProto: ir_version 1, producer_name 2, doc_string 6, graph 7,
        // opset_import 8 { domain 1, version 2 }
        ProtoMessage whole = new ProtoMessage().Add(1, FormatVersion).Add(2, "heartwood").Add(6, about);
        foreach (OnnxTensor tensor in initializers) graph.Add(5, tensor.Message(data));
        foreach (ProtoMessage input in inputs) graph.Add(11, input);
        foreach (ProtoMessage output in outputs) graph.Add(12, output);
        return whole.Add(7, graph).Add(8, new ProtoMessage().Add(1, "").Add(2, Opset));
    }

    /// <summary>Values as bytes; this machine and the format are little-endian.</summary>
    internal static byte[] Bytes<T>(ReadOnlySpan<T> values) where T : struct => MemoryMarshal.AsBytes(values).ToArray();
}
