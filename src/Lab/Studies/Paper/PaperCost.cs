using Heartwood.Lab.Discovery;
using Heartwood.Lab.Questions;

namespace Heartwood.Lab.Studies.Paper;

/// <summary>What the whole run takes at most, before it begins.</summary>
/// <param name="Searches">number of searches</param>
/// <param name="Steps">steps of each</param>
/// <param name="Passes">passes of one example through the model besides, as its questions say: each counted whole though ablations share
/// layers</param>
/// <param name="TrainingSteps">steps of training first; 0 for none</param>
/// <param name="Seconds">time in all</param>
/// <param name="Bytes">memory at most</param>
public sealed record PaperCost(int Searches, int Steps, long Passes, int TrainingSteps, double Seconds, long Bytes)
{
    // a step of training against a pass: forward, and backward for values and weights
    const double TrainingPasses = 3;

    /// <summary>The cost, from layers of the model that are run now for a moment.</summary>
    /// <param name="request">what is asked</param>
    /// <param name="shape">model and data, or a model of the same size where it is yet to be trained</param>
    /// <param name="checkpoints">number of checkpoints</param>
    /// <param name="reused">whether the last checkpoint's searches are the study's own</param>
    /// <param name="pruning">how masks are learned</param>
    public static PaperCost Before(PaperRequest request, Study.Prepared shape, PruningOptions pruning, int checkpoints, bool reused)
    {
        StudyRequest study = request.Study;
        Prospect ahead = new(
            shape.Universe, shape.Loaded.Model.Layers.Count, shape.Sets, request.Settings() with { Pruning = pruning }, checkpoints,
            reused);
        IReadOnlyList<IQuestion> questions = study.Tenants.Questions;
        int all = ahead.OwnSearches + questions.Sum(q => q.Searches(ahead));
        MethodCost cost = new(Method.Usual, all, new StructuredPruning(pruning).Cost(shape.Universe.Count, shape.Pool.Count));
        Estimate searches = Estimate.Searches(shape.Loaded.Model, shape.Universe, shape.Problem, shape.Pool, [cost]);
        long passes = questions.Sum(q => q.Passes(ahead));
        TrainingRequest? training = request.Training;
        double trained = (double)(training?.Options.Steps ?? 0) * (training?.Options.TokensPerBatch ?? 0) * TrainingPasses;
        double means = (double)checkpoints * shape.Pool.Sum(e => (double)e.Input.Ids.Length);
        double tokens = passes * ((double)shape.Sets.Tokens / shape.Sets.Examples);
        return new(all, pruning.Steps, passes, training?.Options.Steps ?? 0,
            searches.Seconds + (tokens + means + trained) * searches.SecondsPerToken, searches.Bytes);
    }
}
