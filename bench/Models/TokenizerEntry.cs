using System.Globalization;
using Heartwood.Bench.Harness;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Bench.Models;

/// <summary>How fast text becomes ids.</summary>
static class TokenizerEntry
{
    const double PerSecond = 5e6;
    const string About = "text to ids: the byte-level pieces of GPT-2, and Llama's, on WikiText-2's validation text";

    /// <summary>GPT-2's and Llama's tokenizers on running text, line by line; no case where <c>../shared/data</c> is not there.</summary>
    public static Entry Tokenizers { get; } = new("tokenizer", About, () =>
    {
        string data = Path.GetFullPath(Repository.Path("..", "shared", "data")), text = Path.Combine(data, "wikitext-2", "valid.txt");
        if (!File.Exists(text)) return [];
        return
        [
            TextToIds("GPT-2", Path.Combine(data, "tokenizers", "gpt2"), text),
            TextToIds("Llama", Path.Combine(data, "models", "stories15M"), text),
        ];
    });

    static Case TextToIds(string name, string folder, string text)
    {
        string[] lines = File.ReadAllText(text).Split('\n');
        Tokenizer tokenizer = Tokenizer.FromFolder(folder);
        long tokens = Encoded(tokenizer, lines);
        string size = string.Create(CultureInfo.InvariantCulture, $"{name}: {tokens:n0} tokens of {lines.Length:n0} lines");
        string most = FormattableString.Invariant($"{1000 * tokens / PerSecond:0.0} ms, {PerSecond / 1e6:0} million tokens a second");
        return Case.Timed(size, () => () => Encoded(tokenizer, lines)) with
        {
            Peers = [Peer.Onnx("tokenizer", new { folder, text }) with { Name = "tokenizers" }],
            Target = Target.AtMost(tokens / PerSecond, most),
            Threads = [1],
            Note = "our words are kept from one pass to the next, as they are from one text to the next",
        };
    }

    static long Encoded(Tokenizer tokenizer, string[] lines)
    {
        long tokens = 0;
        foreach (string line in lines) tokens += tokenizer.EncodeText(line).Count;
        return tokens;
    }
}
