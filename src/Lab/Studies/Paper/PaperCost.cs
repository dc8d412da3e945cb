using Heartwood.Lab.Discovery;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What the whole run takes at the most, before it begins.</summary>
/// <param name="Searches">number of searches</param>
/// <param name="Steps">steps of each</param>
/// <param name="Passes">passes of one example through the model besides: measurements and knock-outs, each counted whole though knock-outs share layers</param>
/// <param name="TrainingSteps">steps of training first; 0 for none</param>
/// <param name="Seconds">time in all</param>
/// <param name="Bytes">memory at the most</param>
public sealed record PaperCost(int Searches, int Steps, long Passes, int TrainingSteps, double Seconds, long Bytes)
{
    const double TrainingPasses = 3;                             // a step of training beside a pass: forward, and backward for values and weights

    /// <summary>The cost, from layers of the model that are run now for a moment.</summary>
    /// <param name="request">what is asked</param>
    /// <param name="shape">model and data, or a model of the same size where it is yet to be trained</param>
    /// <param name="checkpoints">number of checkpoints</param>
    /// <param name="reused">whether the last checkpoint's searches are the study's own</param>
    /// <param name="pruning">how masks are learned</param>
    public static PaperCost Of(PaperRequest request, Study.Prepared shape, PruningOptions pruning, int checkpoints, bool reused)
    {
        StudyRequest study = request.Study;
        int own = study.Seeds.Count * study.Sparsities.Count, grid = Math.Max(0, Math.Min(request.GridCheckpoints, checkpoints) - (reused ? 1 : 0)) * request.GridSparsities.Count * request.SeedsOfGrid.Count;
        int all = own + grid + AddingBack.Searches;
        Universe universe = shape.Universe;
        MethodCost cost = new(Method.Usual, all, new StructuredPruning(pruning).Cost(universe.Count, shape.Pool.Count));
        Estimate searches = Estimate.Of(shape.Loaded.Model, universe, shape.Problem, shape.Pool, [cost]);
        int heads = universe.CountOf(Heads.Kind);
        long models = 2L * (own + grid) + universe.Count + 3L * study.Draws + 4 + (long)checkpoints * (heads + study.Draws + 3);
        long passes = models * shape.Sets.Examples, closer = Closer(request, shape);
        TrainingRequest? training = request.Training;
        double trained = (double)(training?.Options.Steps ?? 0) * (training?.Options.TokensPerBatch ?? 0) * TrainingPasses;
        double means = (double)checkpoints * shape.Pool.Sum(e => (double)e.Input.Ids.Length);
        double tokens = (passes + closer) * ((double)shape.Sets.Tokens / shape.Sets.Examples);
        return new(all, pruning.Steps, passes + closer, training?.Options.Steps ?? 0, searches.Seconds + (tokens + means + trained) * searches.SecondsPerToken, searches.Bytes);
    }

    // the questions about the core's heads, as if the core had every head that a subnetwork keeps where its heads count, and no part where parts are added to it
    static long Closer(PaperRequest request, Study.Prepared shape)
    {
        Universe universe = shape.Universe;
        int heads = universe.CountOf(Heads.Kind);
        int[] examples = [.. shape.Sets.Thin(request.HeadExamples).Each.Where(s => s.Set.Use is "inDomain" or "outOfDomain").Select(s => s.Set.Examples.Count)];
        int core = Math.Min(universe.KeptAt(request.Study.Sparsities[0]), heads), near = examples[0], far = examples[^1];
        return Attending.Passes(core, examples.Sum()) + (long)(Needing.Passes(heads, core, shape.Loaded.Model.Layers.Count, Math.Max(Subject.LeastDraws, request.Study.Draws)) * (near + far) / 2)
            + AddingBack.Passes(universe.Count, near, far);
    }
}
