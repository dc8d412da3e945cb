using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Exports.Gguf;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Exports;

/// <summary>
/// One GGUF file, weights and tokenizer together, as llama.cpp and what is built on it load language models. Its option
/// <c>type</c> says how matrices are stored: <c>stored</c> (as the model was read, the usual), <c>f32</c>, <c>f16</c>, <c>bf16</c>,
/// <c>q8_0</c>, <c>q4_0</c>, <c>q4_k</c>, <c>q6_k</c>. Vectors and tables of positions are F32, word embeddings and the output matrix of
/// the 4-bit types Q8_0; a matrix whose rows are not whole blocks of Q8_0 or Q4_0 is F16, as llama.cpp's own quantizer has it.
/// </summary>
public sealed class GgufExport : IExport
{
    const string Stored = "stored", Next = "Write it as a folder: --export hugging-face.";

    static readonly string[] types = [Stored, "f32", "f16", "bf16", "q8_0", "q4_0", "q4_k", "q6_k"];

    static readonly IReadOnlyList<IGgufArchitecture> architectures = [new LlamaGguf(), new Gpt2Gguf()];

    static IGgufArchitecture? For(IModel model) => architectures.FirstOrDefault(a => a.Families.Contains(model.Family));

    /// <summary>Its name.</summary>
    public const string Called = "gguf";

    readonly string type;

    /// <summary>The export.</summary>
    /// <param name="type">how matrices are stored, one of its option's words</param>
    public GgufExport(string type = Stored) => this.type = type;

    /// <inheritdoc/>
    public string Name => Called;

    /// <inheritdoc/>
    public string InWords => "one file for llama.cpp and what is built on it, of a Llama, Mistral, Qwen2 or GPT-2 that writes text "
        + $"(type={string.Join('|', types)})";

    /// <inheritdoc/>
    public IExport With(TenantSpec options)
    {
        GgufExport export = new(options.Choice("type", types));
        options.RefuseUnread();
        return export;
    }

    /// <inheritdoc/>
    public string? WhyNot(IModel model)
    {
        if (For(model) is not { } architecture)
            return $"A GGUF file is written of {string.Join(", ", architectures.SelectMany(a => a.Families))}; "
                + $"this model is a {model.Family}. {Next}";
        if (model is not { Output: Output.Vocabulary, Causal: true })
            return "A GGUF file is written of models that give scores to the next token; this one "
                + (model.Output == Output.Labels ? "gives scores to labels, for which llama.cpp has no head. " : "has no such head. ")
                + Next;
        if (architecture.WhyNot(model) is { } why) return $"{why} {Next}";
        GgufType chosen = Chosen(model);
        GgufTensor? narrow = chosen.Block() < KBlock ? null
            : Typed(model, architecture.Content(model).Tensors).FirstOrDefault(tensor => tensor.Shape[^1] % tensor.Type.Block() != 0);
        return narrow is null ? null
            : $"The rows of {narrow.Name} have {narrow.Shape[^1]} numbers; {narrow.Type} stores blocks of {narrow.Type.Block()}, and "
                + "that does not divide. Take --export gguf,type=q8_0 or type=q4_0, whose blocks are of 32.";
    }

    /// <inheritdoc/>
    public string Write(IModel model, IReadOnlyDictionary<string, byte[]> tokenizer, string path, bool replace)
    {
        string file = path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) ? path : path + Ending;
        if (WhyNot(model) is { } why) throw new NotSupportedException(why);
        if (Path.Exists(file) && !replace) throw new IOException($"{file} is there already. Name another folder with --out.");
        GgufContent content = For(model)!.Content(model);
        IReadOnlyList<KeyValuePair<string, GgufValue>> metadata =
        [
            new("general.architecture", GgufValue.Text(content.Architecture)),
            new("general.type", GgufValue.Text("model")),
            new("general.name", GgufValue.Text(Path.GetFileName(file)[..^Ending.Length])),
            .. content.Keys.Select(item => KeyValuePair.Create($"{content.Architecture}.{item.Key}", item.Value)),
            new("general.file_type", GgufValue.Whole(FileType(Chosen(model)))),
            new("general.quantization_version", GgufValue.Whole(2)),
            .. GgufTokenizer.Read(tokenizer, model.Config, model.Vocabulary),
        ];
        try
        {
            GgufWriter.Write(file, metadata, Typed(model, content.Tensors));
        }
        catch (ArgumentException e)
        {
            throw new NotSupportedException($"{file}: {e.Message} Take --export gguf,type=f32 or type=bf16.", e);
        }
        return file;
    }

    /// <inheritdoc/>
    public ExportCheck Check(ExportQuestion asked, CancellationToken stop) => LlamaCheck.Run(asked, ChecksProgram.Find(), stop) with
    {
        Tolerance = Chosen(asked.Model) == GgufType.F32 ? For(asked.Model)!.Tolerance : null,
    };

    const int KBlock = 256;

    /// <summary>How the file's name ends.</summary>
    public const string Ending = ".gguf";

    GgufType Chosen(IModel model) => type != Stored ? Enum.Parse<GgufType>(type, ignoreCase: true) : model.Weights.Commonest switch
    {
        Dtype.F16 => GgufType.F16,
        Dtype.BF16 => GgufType.BF16,
        _ => GgufType.F32,
    };

    IReadOnlyList<GgufTensor> Typed(IModel model, IReadOnlyList<GgufTensor> tensors)
    {
        GgufType chosen = Chosen(model);
        return [.. tensors.Select(tensor => tensor with { Type = Type(tensor, chosen) })];
    }

    static GgufType Type(GgufTensor tensor, GgufType chosen)
    {
        if (tensor.Shape.Count == 1 || tensor.Name == GgufContent.Positions) return GgufType.F32;
        bool ofWords = tensor.Name is GgufContent.Words or GgufContent.Output;
        GgufType type = ofWords && chosen is GgufType.Q4_0 or GgufType.Q4_K ? GgufType.Q8_0 : chosen;
        return type.Block() < KBlock && tensor.Shape[^1] % type.Block() != 0 ? GgufType.F16 : type;
    }

    // llama.cpp's llama_ftype, of which it says only what most matrices are
    static int FileType(GgufType type) => type switch
    {
        GgufType.F16 => 1,
        GgufType.Q4_0 => 2,
        GgufType.Q8_0 => 7,
        GgufType.Q4_K => 14,
        GgufType.Q6_K => 18,
        GgufType.BF16 => 32,
        _ => 0,
    };
}
