using System.Globalization;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Tasks.Tables;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>What to do with a cut next: train it for a short while on the data that its masks were learned on.</summary>
/// <param name="Words">the words of the command after "heartwood"; null where there is none for this data</param>
/// <param name="WhyNot">why there is none, with the next move; null where there is one</param>
public sealed record NextTraining(IReadOnlyList<string>? Words, string? WhyNot)
{
    /// <summary>For how many steps a cut is trained where nobody says.</summary>
    internal const int Steps = 200;

    const int Every = 100;

    /// <summary>
    /// The learning rate to begin with: the usual one of BERT-base, 5e-5, times its width over the model's (narrower models are trained
    /// at higher rates), with one digit.
    /// </summary>
    /// <param name="width">width of the residual stream</param>
    public static double LearningRate(int width) =>
        double.Parse((5e-5 * 768 / width).ToString("0e+0", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>The command.</summary>
    /// <param name="request">the study that the cut is of</param>
    /// <param name="loaded">its model</param>
    /// <param name="data">its data</param>
    /// <param name="cut">the cut model's folder</param>
    /// <param name="into">the folder of the training's run</param>
    internal static NextTraining Make(StudyRequest request, LoadedModel loaded, DataSets data, string cut, string into)
    {
        IReadOnlyList<DataSource> learned = data[Role.Train];
        IProblem problem = DataSource.ProblemOf(learned).For(loaded.Model);
        string rate = LearningRate(loaded.Model.Width).ToString("0e-0", CultureInfo.InvariantCulture);
        string[] how = ["--steps", $"{Steps}", "--learning-rate", rate, "--out", into];
        LabelMap map = LabelMap.Parse(request.LabelMap);
        string open = $"heartwood train --from {cut} --data … {string.Join(' ', how)}";
        if (!Objectives.CanTrain(problem))
            return new(null, $"To heal the cut, train it on running text (masks were learned on {problem.Words.Name}): {open}");
        if (problem is Classification && LabelMatch.Find(loaded.Labels, map, learned).Renamed)
            return new(null, "To heal the cut, train it on data with the model's own labels "
                + $"({string.Join(", ", loaded.Labels)}; those of {request.Sets.InWords(Role.Train)} are others): {open}");
        // sets whose labels the map makes take it along; a map that is for nothing else than the unseen sets stays away
        bool outside = data[Role.OutOfDomain].Count > 0 && data[Role.InDomain].Count > 0;
        bool mapped = Renamed(Role.InDomain) || (outside && Renamed(Role.OutOfDomain));
        if (mapped && !Known(outside ? [Role.InDomain, Role.OutOfDomain] : [Role.InDomain])) (mapped, outside) = (false, false);
        bool inside = data[Role.InDomain].Count > 0 && (mapped || !Renamed(Role.InDomain));
        List<string> words = ["train", "--from", cut, "--data", .. Named(Role.Train)];
        if (inside) words.AddRange(["--in-domain", .. Named(Role.InDomain)]);
        if (inside && outside) words.AddRange(["--out-of-domain", .. Named(Role.OutOfDomain)]);
        if (inside && mapped) words.AddRange(["--label-map", request.LabelMap]);
        if (request.MostTokens > 0) words.AddRange(["--max-length", $"{request.MostTokens}"]);
        if (inside) words.AddRange(["--evaluate-every", $"{Every}"]);
        return new([.. words, .. how], null);

        bool Renamed(Role role) => map.Sources.Count > 0 && data[role].Count > 0 && DataSource.ProblemOf(data[role]) is Classification
            && LabelMatch.Find(loaded.Labels, map, data[role]).Renamed;

        bool Known(Role[] roles)
        {
            IEnumerable<string> there = roles.SelectMany(role => data[role]).SelectMany(source => source.Labels).Concat(loaded.Labels);
            return map.Targets.All(there.Contains);
        }

        IEnumerable<string> Named(Role role) => request.Sets.Where(set => set.Role == role).Select(set => set.InWords);
    }
}
