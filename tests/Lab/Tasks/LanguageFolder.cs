using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tokenizers;

namespace Heartwood.Tests.Lab.Tasks;

/// <summary>The tiny GPT-2 of the goldens with a vocabulary of 35 words, as a folder; and what it says by plain loops.</summary>
static class LanguageFolder
{
    public static string In(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Goldens.Path("gpt2/language"))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + string.Concat(Words.Select(w => $"{w}\n")));
        return folder;
    }

    public static string[] Words { get; } = [.. Enumerable.Range(0, 35).Select(i => $"{(char)('a' + i / 6)}{(char)('a' + i % 6)}")];

    public static InputRules Rules(int most = 16) => new(Tokenizer.FromWords(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Words], lowerCase: true), most, TokenTypeRule.Sentence, [], "the rows", _ => { }) { Begin = [] };

    /// <summary>Some words, by chance.</summary>
    public static string Text(int words, int seed) => string.Join(' ', Enumerable.Range(0, words).Select(i => Words[(seed * 31 + i * i * 7 + i * seed) % 35]));

    /// <summary>ln of the probability of every token of the vocabulary behind each token of one sequence, in double precision.</summary>
    public static double[][] Logs(IModel model, int[] ids, IProbe? probe = null)
    {
        float[] scores = model.Forward(new([Sequence.Plain(ids)]), probe ?? NoProbe.Instance, Tokens.All).Values.ToArray();
        return [.. scores.Chunk(model.Vocabulary).Select(row =>
        {
            double most = row.Max(), sum = row.Sum(s => Math.Exp(s - most));
            return row.Select(s => s - most - Math.Log(sum)).ToArray();
        })];
    }

    /// <summary>ln of the probability of a sequence from its second token on.</summary>
    public static double LogLikelihood(IModel model, int[] ids, int from = 1, IProbe? probe = null)
    {
        double[][] logs = Logs(model, ids, probe);
        double sum = 0;
        for (int t = from; t < ids.Length; t++) sum += logs[t - 1][ids[t]];
        return sum;
    }

    public static double Kl(double[] full, double[] own)
    {
        double sum = 0;
        for (int v = 0; v < full.Length; v++) sum += Math.Exp(full[v]) * (full[v] - own[v]);
        return sum;
    }
}
