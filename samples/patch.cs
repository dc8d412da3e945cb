#:project ../src/Lab/Lab.csproj

// Activation patching: runs a corrupted input with one part's values taken from a clean one, and asks how much of the clean
// input's answer each part brings back. Both inputs must have as many tokens.
//   dotnet run samples/patch.cs                                             the embedded model
//   dotnet run samples/patch.cs FOLDER CLEAN CORRUPTED [CLEAN2 CORRUPTED2]  a classifier's folder; the last two are the pairs' second texts
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

LoadedModel model = LoadedModel.Load(args.ElementAtOrDefault(0));
string cleanText = args.ElementAtOrDefault(1) ?? "the doctor met the artist", corruptedText = args.ElementAtOrDefault(2) ?? "the artist met the doctor";
string? cleanPair = args.Length > 1 ? args.ElementAtOrDefault(3) : "the doctor met the artist";
string? corruptedPair = args.Length > 1 ? args.ElementAtOrDefault(4) : "the doctor met the artist";

Batch clean = model.Read(cleanText, cleanPair), corrupted = model.Read(corruptedText, corruptedPair);
(Tensor cleanLogits, ActivationCache cache) = model.RunWithCache(clean);
double from = Difference(model.Logits(corrupted)), to = Difference(cleanLogits);
Console.WriteLine($"{model.Labels[0]} against {model.Labels[1]}: clean {to:0.00}, corrupted {from:0.00}");

var restored = model.Model.Universe([Heads.Kind, Mlps.Kind]).Parts
    .Select(part => (Part: part, Share: (Difference(model.Logits(corrupted, model.Patch(part, cache))) - from) / (to - from)));
foreach (var (part, share) in restored.OrderByDescending(one => one.Share).Take(10))
    Console.WriteLine($"{part,-8} brings back {share,7:0.0 %}");

static double Difference(Tensor logits) => logits.Values[0] - logits.Values[1];
