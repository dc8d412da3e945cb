#:project ../src/Lab/Lab.csproj

// Finds a subnetwork with half of a classifier's heads and MLP blocks, cuts it out, heals it (trains it on for a while), saves it,
// and measures all three in and out of domain.
//   dotnet run samples/find-cut-heal.cs [OUT] [STEPS]   the embedded model, on the made-up language it was trained on
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Training;

string folder = args.ElementAtOrDefault(0) ?? "healed";
int steps = int.Parse(args.ElementAtOrDefault(1) ?? "200");

LoadedModel model = LoadedModel.Load(null);
DataSets data = DataSets.Read(NamedData.Listed(
    train: ["world:training,rows=1000"], inDomain: ["world:in-domain,rows=300"], outOfDomain: ["world:out-of-domain,per-case=10"]));
IReadOnlyList<Example> examples = model.Encode(data[Role.Train]);
Sets sets = new(model, data, LabelMap.None, 0);

// find: learned masks, and what stands in for ablated parts is their mean over the data
Universe parts = model.Model.Universe([Heads.Kind, Mlps.Kind]);
Ablation mean = Ablation.Mean(model.Model, parts, Inputs.Batches(examples, 2048));
StructuredPruning finder = new(new PruningOptions { Steps = steps });
Scores scores = finder.Begin(new(model.Model, parts, mean, Classification.Instance, examples) { Sparsity = 0.5, Seed = 1 }).Finish();
IReadOnlyList<Part> kept = scores.KeptAt(parts, 0.5);

// cut: the same function as the masked model, with fewer weights
IModel cut = Cutting.Cut(model.Model, kept, mean);

// heal: train the cut on labels
Trainer trainer = new(cut, examples, new(Seed: 1, Steps: steps, LearningRate: 3e-4));
while (trainer.Step < trainer.Steps) trainer.Advance();
ModelFolder.Save(trainer.Model, folder, model.TokenizerFiles, replace: true);

Console.WriteLine($"{kept.Count} of {parts.Count} parts: {string.Join(" ", kept)}");
foreach (var (name, one) in new[] { ("full", model.Model), ("cut", cut), ("healed", trainer.Model) })
{
    Measured measured = sets.Measure(one, null, default);
    Console.WriteLine($"{name,-8} {one.Weights.All.Values.Sum(t => t.Count),9:N0} weights   in-domain {measured.InDomain.Value:0.0 %}   "
        + $"out of domain {measured.OutOfDomain!.Value:0.0 %}");
}
Console.WriteLine($"The healed model is in {folder}; LoadedModel.Load(\"{folder}\") reads it.");
