using System.Text.Json;
using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Models;
using Heartwood.Lab.Probes;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Tests.Toys;

/// <summary>Scores a part by how much the objective rises when it alone is ablated, on the first few examples.</summary>
sealed class Rise(int examples = 16) : IFinder
{
    public FinderFacts Facts { get; } = new(
        "rise", "how much the objective rises without it", "nobody", FinderNeeds.Examples | FinderNeeds.Labels, Seeded: false);

    public IFinder With(TenantSpec options)
    {
        Rise read = new(options.Number("examples", examples, 1, 1000));
        options.RefuseUnread();
        return read;
    }

    public FinderCost Cost(int parts, int given) => new((parts + 1L) * Math.Min(examples, given), 0);

    public ISearch Begin(Search search) => new OneByOne(search, [.. search.Examples.Take(examples)]);

    /// <summary>The first step runs the full model, each other one the model without a part.</summary>
    sealed class OneByOne(Search search, Example[] few) : ISearch
    {
        readonly IObjective objective = search.ObjectiveOr(new CrossEntropy());
        List<double> values = [];

        public int Step => values.Count;

        public int Steps => search.Universe.Count + 1;

        public IReadOnlyList<StepFigure> Advance()
        {
            using Scope scope = Scope.Open();
            float[] mask = new float[search.Universe.Count];
            Array.Fill(mask, 1);
            if (Step > 0) mask[Step - 1] = 0;
            Batch batch = search.Problem.BatchOf(few);
            Pass? full = objective.NeedsReference ? Pass.Run(search.Model, batch, NoProbe.Instance, search.Problem.Tokens) : null;
            IProbe masked = search.Masked(Tensor.From(mask, mask.Length), batch, few);
            Pass pass = Pass.Run(search.Model, batch, masked, search.Problem.Tokens);
            double value = objective.Mean(search.Problem, pass, full, few).Values[0];
            values.Add(value);
            return [new(objective.Name, value, $"{objective.Name} {value:0.000}")];
        }

        public Scores Scores => new([.. Enumerable.Range(1, search.Universe.Count).Select(i => i < Step ? values[i] - values[0] : 0)]);

        public void Save(Stream stream) => JsonSerializer.Serialize(stream, values);

        public void Restore(string path) => values = JsonSerializer.Deserialize<List<double>>(File.ReadAllText(path))
            ?? throw new CheckpointException($"{path}: expected the values of a search by rise, found none. Delete the file.");
    }
}
