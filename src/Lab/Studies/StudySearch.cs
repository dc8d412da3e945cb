using System.Globalization;
using Heartwood.Lab.Discovery;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Subnetworks.Targets;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    const int StepsBetweenStates = 50;

    /// <summary>The method that core, ablations and the cut are about: the first.</summary>
    internal Method MainMethod => methods[0];

    internal IReadOnlyList<Method> Methods => methods;

    /// <summary>How many of the main method's searches are done.</summary>
    internal int Found => MainMethod.Searches(request).Count(IsDone);

    bool IsDone(MethodSearch search) => folder.Has(search.Files[^1].File);

    readonly Dictionary<Method, IReadOnlyList<Subnetwork>> found = [];          // each file is read once

    /// <summary>
    /// Searches with every method, several searches of a method at once, shared with other processes that work on the folder.
    /// </summary>
    /// <returns>the subnetworks, by method, then sparsity, then seed</returns>
    public IReadOnlyList<Subnetwork> Find()
    {
        MethodSearch[] left = [.. methods.SelectMany(m => m.Searches(request)).Where(s => !IsDone(s))];
        if (left.Length > 0)
        {
            folder.RequireSpace(Model.Weights.Count * sizeof(float) * 3 + 50_000_000);
            Search asked = Asked(left.Any(s => s.Method.Finder.Facts.Needs.HasFlag(FinderNeeds.Gradient)));
            foreach (var method in left.GroupBy(s => s.Method))
                folder.Work([.. method.Select(search => new Job(search.Files[^1].File, () => Run(search, asked)))]);
            foreach (DataSource source in data[Role.Train]) source.RefuseChanged();
        }
        return [.. methods.SelectMany(FoundBy)];
    }

    // what questions are asked of
    IReadOnlyList<Subnetwork> FindMain()
    {
        Find();
        return FoundBy(MainMethod);
    }

    /// <summary>The subnetworks of one method that were found, by sparsity, then seed.</summary>
    internal IReadOnlyList<Subnetwork> FoundBy(Method method)
    {
        if (found.TryGetValue(method, out IReadOnlyList<Subnetwork>? read)) return read;
        return found[method] = FoundIn(folder, request, method);
    }

    string MaskFile(Subnetwork subnetwork)
    {
        Method by = methods.Single(m => m.Label == subnetwork.Method);
        return $"subnetworks/{by.NameAt(subnetwork.TargetSparsity, by.Finder.Facts.Seeded ? subnetwork.Seed : null)}.json";
    }

    /// <summary>Seconds that the searches of a method took, one by one, as far as they are known.</summary>
    internal double SecondsOf(Method method) =>
        method.Searches(request).Select(SecondsFile).Where(folder.Has).Sum(folder.ReadJson<double>);

    static string SecondsFile(MethodSearch search) => $"search-times/{search.Name}.json";

    // what all searches are asked, but for seed and size; the full model's scores are computed before several searches run at once
    Search Asked(bool gradients)
    {
        Ablation ablation = OwnAblation();
        Action<int> advance = Advance("outputs of the full model", pool.Count, "examples");
        float[] full = problem.OfVocabulary || !gradients ? []
            : folder.Stage("full-outputs", () => new Answers(pool).Scores(Model, advance, stop));
        return new(Model, universe, ablation, problem, pool)
        {
            FullScores = () => full,
            Objective = objective,
            Measure = Measure(ablation),
            Stop = stop,
        };
    }

    AnswerMeasure Measure(Ablation ablation)
    {
        if (problem.OfOneNumber) return new(Model, ablation, problem, Regression.Labels, [0]);
        if (problem.OfVocabulary) return new(Model, ablation, problem, ["right", "wrong"], [0, 1]);
        LabelMatch match = LabelMatch.Find(loaded.Labels, Tasks.Tables.LabelMap.Parse(request.LabelMap), data[Role.Train]);
        return new(Model, ablation, problem, match.Names, match.Mapped);
    }

    void Run(MethodSearch which, Search asked)
    {
        string state = $"search/{which.Name}.safetensors";
        double began = folder.Seconds, before = folder.Has(SecondsFile(which)) ? folder.ReadJson<double>(SecondsFile(which)) : 0;
        ISearch search = which.Method.Finder.Begin(asked with
        {
            Seed = which.Seed ?? 0,
            Sparsity = which.Sparsities[0].Gone,
            Goal = GoalAt(which.Sparsities[0]),
        });
        if (folder.Has(state)) search.Restore(folder.PathOf(state));
        using Metrics metrics = folder.Metrics($"search/{which.Name}.jsonl", search.Step);
        while (!search.IsDone())
        {
            if (stop.IsCancellationRequested)
            {
                Keep();
                stop.ThrowIfCancellationRequested();
            }
            IReadOnlyList<StepFigure> figures = search.Advance();
            if (figures.Count > 0) metrics.Append(search.Step, figures.ToDictionary(f => f.Name, f => f.Value));
            string note = string.Join(", ", figures.Select(f => f.Shown).Where(s => s != ""));
            progress.Report(new(which.InWords, search.Step, search.Steps, "steps", note));
            if (search.Step % StepsBetweenStates == 0) Keep();
        }
        Keep();
        foreach (var (sparsity, file) in which.Files) folder.WriteText(file, Chosen(which, search, sparsity).ToJson());

        void Keep()
        {
            folder.Write(state, search.Save);
            folder.WriteJson(SecondsFile(which), before + folder.Seconds - began);
        }
    }

    // the subnetwork of one size: alike in every layer where that is asked for, else what the finder itself chooses, where it does, else
    // what its scores rank highest
    Subnetwork Chosen(MethodSearch which, ISearch search, Target sparsity)
    {
        Scores scores = search.Scores;
        IReadOnlyList<Part> kept = uniform is not null ? uniform.KeptAt(scores, sparsity.Value)
            : search.OwnChoice is { } own ? GoalAt(sparsity)?.Costs.Effective(own) ?? own
            : GoalAt(sparsity) is { } goal ? scores.KeptWithin(goal, which.Method.Finder.Facts)
            : scores.KeptAt(universe, sparsity.Value);
        Method method = which.Method;
        Dictionary<string, string> options = new(method.Options);
        if (uniform is not null) options["uniform"] = "true";
        options.TryAdd("examples", pool.Count.ToString(CultureInfo.InvariantCulture));               // unless the finder itself takes fewer
        return new(which.Seed ?? 0, method.Label, sparsity, universe.Count, kept, scores.ByPart(universe), request.Ablation, loaded.Sha256)
        {
            InPlay = request.Parts,
            Model = Model.Sizes(request.Tenants.PartKinds),
            Data = [.. data[Role.Train].Select(d => new DataOrigin(d.Name, d.Rows.Count, d.Sha256))],
            Options = options,
            AblationFile = how.IsKept ? $"../{AblationFile}" : "",
            Version = folder.Manifest.Version,
        };
    }
}
