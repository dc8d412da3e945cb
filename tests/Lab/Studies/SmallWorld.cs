using System.Text;
using System.Text.Json.Nodes;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Studies;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Worlds;
using Heartwood.Lab.Training;
using Heartwood.Tensors;

namespace Heartwood.Tests.Lab.Studies;

/// <summary>A small model of the made-up language in a folder, and a small study of it.</summary>
static class SmallWorld
{
    public static IReadOnlyDictionary<string, byte[]> Tokenizer { get; } = new Dictionary<string, byte[]>
    {
        ["vocab.txt"] = Encoding.UTF8.GetBytes(string.Join('\n', MadeUpLanguage.Vocabulary) + "\n"),
        ["tokenizer_config.json"] = "{\"do_lower_case\": true, \"tokenizer_class\": \"BertTokenizer\"}"u8.ToArray(),
    };

    /// <summary>Untrained, with weights large enough that its parts matter.</summary>
    public static string ModelIn(string folder, params string[] labels) => ModelOf("bert", folder, labels);

    /// <summary>The same of any family.</summary>
    public static string ModelOf(string family, string folder, params string[] labels)
    {
        string[] names = labels.Length > 0 ? labels : ["entailment", "non-entailment"];
        IModel model = UntrainedModel.Make(family, new(2, 2, 8, 12, 40), MadeUpLanguage.Vocabulary.Count, names, 4);
        model = model.With(model.Config, model.Weights.Map((name, t) => Small.IsEmbedding(name, t) ? Tensor.Normal(new(1, name), 1, t.Shape.Axes).KeepForever() : t));
        ModelFolder.Save(model, folder, Tokenizer);
        return folder;
    }

    public static StudyRequest Study(string model) => new(NamedData.Listed(
        ["world:training,rows=60"], ["world:in-domain,rows=40"], ["world:out-of-domain,per-case=2"], ["world:unseen,per-case=2"]))
    {
        Title = "A small study",
        Model = model,
        Seeds = [1, 2],
        Sparsities = [0.5, 0.34],
        Methods = ["structured-pruning,steps=8,batch-size=8,learning-rate=0.5"],
        Draws = 3,
        CoreShare = 1,
    };

    /// <summary>A result without what may differ from one run to the next: times, when it began, and how many cores it saw.</summary>
    public static string Timeless(string json)
    {
        JsonNode result = JsonNode.Parse(json)!;
        Walk(result);
        return result.ToJsonString();

        static void Walk(JsonNode? node)
        {
            if (node is JsonArray items) foreach (JsonNode? item in items) Walk(item);
            if (node is not JsonObject members) return;
            foreach (string key in (string[])["seconds", "secondsPer1000Tokens", "secondsPer1000TokensBefore", "secondsPer1000TokensAfter", "speedUp", "started", "tokensPerSecond", "threads", "command", "out", "machine"]) members.Remove(key);
            foreach (var (_, value) in members) Walk(value);
        }
    }

    public static string[] TimelessLines(string file) => [.. File.ReadLines(file).Select(Timeless)];
}

/// <summary>Tells every report to an action, at once and on the thread that reports.</summary>
sealed class Told(Action<Progress> action) : IProgress<Progress>
{
    public void Report(Progress value) => action(value);
}
