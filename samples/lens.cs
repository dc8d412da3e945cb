#:project ../src/Lab/Lab.csproj

// The logit lens: what a language model would say after each of its layers.
//   dotnet run samples/lens.cs FOLDER [TEXT]   a Hugging Face folder of a language model
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

if (args.Length == 0)
{
    Console.Error.WriteLine("Give the folder of a language model, for example stories15M, and a text.");
    return 2;
}
LoadedModel model = LoadedModel.Load(args[0]);
Batch batch = model.Read(args.ElementAtOrDefault(1) ?? "the");

(Tensor logits, ActivationCache cache) = model.RunWithCache(batch, site => site.Point == Point.LayerOut);
for (int layer = 0; layer < model.Model.Layers.Count; layer++)
    Console.WriteLine($"after layer {layer}: {Shown(model.TopTokens(model.Lens(cache, layer, batch)))}");
Console.WriteLine($"the model:     {Shown(model.TopTokens(logits))}");
return 0;

static string Shown(IReadOnlyList<TopToken> top) => string.Join("  ", top.Select(t => $"'{t.Text}' {t.Probability:0.00}"));
