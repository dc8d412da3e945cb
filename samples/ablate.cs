#:project ../src/Lab/Lab.csproj

// Ablates every head of a classifier, one at a time, and reads what that does to the logits of one input.
//   dotnet run samples/ablate.cs                      the embedded model
//   dotnet run samples/ablate.cs FOLDER TEXT [PAIR]   a Hugging Face folder
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

LoadedModel model = LoadedModel.Load(args.ElementAtOrDefault(0));
string text = args.ElementAtOrDefault(1) ?? "the doctor near the artist slept";
string? pair = args.Length > 1 ? args.ElementAtOrDefault(2) : "the artist slept";

Batch batch = model.Read(text, pair);
Tensor full = model.Logits(batch);
Console.WriteLine($"full model: {Shown(full)}   ({string.Join(", ", model.Labels)})");
foreach (Part head in Heads.AllIn(model.Model))
{
    Tensor without = model.Logits(batch, model.Without(head));
    Console.WriteLine($"without {head}: {Shown(without)}");
}

static string Shown(Tensor logits) => string.Join("  ", logits.Values.ToArray().Select(x => $"{x,7:0.000}"));
