using System.Reflection;
using System.Text;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Lab.Studies;

/// <summary>The small BERT that is shipped with the program; <c>docs/results.md</c> says how it was trained.</summary>
public static class EmbeddedModel
{
    const string Folder = "embedded/";

    /// <summary>What messages call it.</summary>
    public const string Name = "the embedded model";

    /// <summary>The study that <c>heartwood demo</c> makes of it, but for the options of the search.</summary>
    public static StudyRequest Study { get; } = new(["world:training,rows=8000,seed=2"], ["world:in-domain,rows=2000,seed=3"])
    {
        Title = "The heuristic core of a small BERT",
        Sparsities = [0.6],
        OutOfDomain = ["world:out-of-domain,per-case=60,seed=3"],
        Unseen = ["world:unseen,per-case=60,seed=3"],
    };

    /// <summary>The training that made it, with checkpoints. It makes another model of the same kind: the bits of training depend on the backend and on the version of Heartwood.</summary>
    public static TrainingRequest Recipe { get; } = new(["world:training,rows=300000"], ["world:in-domain,seed=7"], ["world:out-of-domain,seed=7"],
        new(Seed: 3, Steps: 6000, TokensPerBatch: 1024, Rate: 7e-4, WarmUp: 0.05))
    {
        Size = new(Positions: 40),
        Start = FreshStart.Matching,
        EvaluateEvery = 500,
        CheckpointSteps = [100, 250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000],
    };

    /// <summary>Opens it.</summary>
    public static HuggingFaceFolder Open() => HuggingFaceFolder.Open(Files(), Name);

    /// <summary>Its files by name.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files()
    {
        Assembly assembly = typeof(EmbeddedModel).Assembly;
        return assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)).ToDictionary(n => n[Folder.Length..], n =>
        {
            using Stream stream = assembly.GetManifestResourceStream(n)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    internal static Tokenizer ReadTokenizer(IReadOnlyDictionary<string, byte[]> files)
    {
        string[] words = Encoding.UTF8.GetString(files["vocab.txt"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return words.AsSpan().SequenceEqual([.. MadeUpLanguage.Vocabulary]) ? Tokenizer.FromWords(words, lowerCase: true)
            : throw new InvalidDataException("The embedded model's vocabulary is not the made-up language's. Train it anew with the command in docs/results.md.");
    }
}
