using Heartwood.Lab.Checkpoints.Gguf;
using Heartwood.Lab.Models;

namespace Heartwood.Lab.Exports.Gguf;

/// <summary>What a model is in a GGUF file, its tokenizer apart.</summary>
/// <param name="Architecture">llama.cpp's name of it</param>
/// <param name="Keys">the architecture's keys, without its name before them</param>
/// <param name="Tensors">the tensors, all said to be F32</param>
sealed record GgufContent(
    string Architecture, IReadOnlyList<KeyValuePair<string, GgufValue>> Keys, IReadOnlyList<GgufTensor> Tensors)
{
    /// <summary>Names of the tensors that are treated apart: word embeddings, table of positions, output matrix.</summary>
    public const string Words = "token_embd.weight", Positions = "position_embd.weight", Output = "output.weight";
}

/// <summary>How models of some families are written for llama.cpp: one file each.</summary>
interface IGgufArchitecture
{
    /// <summary>The families, as config.json calls them.</summary>
    IReadOnlyList<string> Families { get; }

    /// <summary>
    /// How far llama.cpp's scores from a file of float32 may be from Heartwood's, as a share of the largest (of 1, where it is smaller).
    /// </summary>
    double Tolerance { get; }

    /// <summary>
    /// Why llama.cpp would not compute what this language model of the families computes, a sentence; null where it would.
    /// </summary>
    string? WhyNot(IModel model);

    /// <summary>The model's keys and tensors.</summary>
    GgufContent Content(IModel model);
}
