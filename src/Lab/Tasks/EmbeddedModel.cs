using System.Reflection;
using System.Text;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Lab.Tasks;

/// <summary>The small BERT that is shipped with the program; <c>docs/results.md</c> says how it was trained.</summary>
public static class EmbeddedModel
{
    const string Folder = "embedded/";

    /// <summary>What messages call it.</summary>
    public const string Name = "the embedded model";

    /// <summary>Opens it.</summary>
    public static HuggingFaceFolder Open() => HuggingFaceFolder.Open(Files(), Name);

    /// <summary>Its files by name.</summary>
    public static IReadOnlyDictionary<string, byte[]> Files()
    {
        Assembly assembly = typeof(EmbeddedModel).Assembly;
        return assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal))
            .ToDictionary(n => n[Folder.Length..], n =>
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
            : throw new InvalidDataException("The embedded model's vocabulary is not the made-up language's. "
                + "Train it again with the command in docs/results.md.");
    }
}
