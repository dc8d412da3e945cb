using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;

namespace Heartwood.Lab.Studies;

/// <summary>What <c>heartwood demo</c> and <c>heartwood paper</c> ask of the embedded model.</summary>
public static class EmbeddedStudy
{
    /// <summary>The study that <c>heartwood demo</c> makes of it, but for the options of the search.</summary>
    public static StudyRequest Study { get; } = new(NamedData.Listed(
        ["world:training,rows=8000,seed=2"], ["world:in-domain,rows=2000,seed=3"], ["world:out-of-domain,per-case=60,seed=3"],
        ["world:unseen,per-case=60,seed=3"]))
    {
        Title = "The heuristic core of a small BERT",
        Sparsities = [0.6],
    };

    /// <summary>
    /// The training that made it, with checkpoints. It makes another model of the same kind: the bits of training depend on the backend
    /// and on the version of Heartwood.
    /// </summary>
    public static TrainingRequest Recipe { get; } = new(
        NamedData.Listed(["world:training,rows=300000"], ["world:in-domain,seed=7"], ["world:out-of-domain,seed=7"]),
        new(Seed: 3, Steps: 6000, TokensPerBatch: 1024, LearningRate: 7e-4, Warmup: 0.05))
    {
        Size = new(Positions: 40),
        Fresh = FreshRecipe.Matching,
        EvaluateEvery = 500,
        CheckpointSteps = [100, 250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000],
    };
}
