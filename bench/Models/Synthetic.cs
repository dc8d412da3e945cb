using System.Globalization;
using System.Text;
using Heartwood.Bench.Harness;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;

namespace Heartwood.Bench.Models;

/// <summary>Checkpoints with real shapes and random weights, in a folder that git ignores, made when first asked for.</summary>
static class Synthetic
{
    // word pieces of BERT's English vocabulary; few where only layers and width are the question
    const int English = 30522, Few = 1000;

    static readonly Dictionary<string, ModelSize> named = new(StringComparer.Ordinal)
    {
        ["mini"] = new(4, 4, 256, 1024, 512),
        ["medium"] = new(8, 8, 512, 2048, 512),
        ["base"] = new(12, 12, 768, 3072, 512),
        ["large"] = new(24, 16, 1024, 4096, 512),
    };

    /// <summary>
    /// Sizes by name; others are written LAYERSxWIDTH, with heads of 64, four neurons for each value of the width, and 1,000
    /// word pieces.
    /// </summary>
    public static IEnumerable<string> Names => named.Keys;

    /// <summary>The folder of a size.</summary>
    /// <exception cref="ArgumentException">there is no such size</exception>
    public static string Folder(string size)
    {
        string folder = Repository.Path("bench", "cache", size);
        if (!Directory.Exists(folder)) Write(size, folder);
        return folder;
    }

    /// <summary>The folder of the model that comes with the program.</summary>
    public static string Demo()
    {
        string folder = Repository.Path("bench", "cache", "demo");
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in EmbeddedModel.Files()) File.WriteAllBytes(Path.Combine(folder, name), bytes);
        return folder;
    }

    /// <summary>Writes a model that the program loads: config.json, vocab.txt, model.safetensors.</summary>
    /// <param name="size">a name, or LAYERSxWIDTH</param>
    /// <param name="folder">where to; new or empty</param>
    /// <exception cref="ArgumentException">there is no such size</exception>
    public static void Write(string size, string folder)
    {
        int words = named.ContainsKey(size) ? English : Few;
        string[] labels = ["entailment", "neutral", "contradiction"];
        IModel model = UntrainedModel.Make("bert", SizeOf(size), words, labels, seed: 1);
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        string vocabulary = string.Join('\n', [.. special, .. Enumerable.Range(0, words - special.Length).Select(i => $"word{i}")]) + "\n";
        ModelFolder.Save(model, folder, new Dictionary<string, byte[]> { ["vocab.txt"] = Encoding.UTF8.GetBytes(vocabulary) });
    }

    /// <summary>Loads a size's model.</summary>
    public static IModel Load(string size) => LoadedModel.Load(Folder(size)).Model;

    static ModelSize SizeOf(string size)
    {
        if (named.TryGetValue(size, out ModelSize? known)) return known;
        if (size.Split('x') is [var l, var w]
            && int.TryParse(l, NumberStyles.None, null, out int layers) && layers > 0
            && int.TryParse(w, NumberStyles.None, null, out int width) && width > 0 && width % 64 == 0)
            return new(layers, width / 64, width, 4 * width, 512);
        string written = "LAYERSxWIDTH with a width that 64 divides, for example 6x768";
        string message = $"There is no size '{size}'. Give one of {string.Join(", ", Names)}, or {written}.";
        throw new ArgumentException(message, nameof(size));
    }
}
