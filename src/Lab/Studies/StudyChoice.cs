using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Questions;
using Heartwood.Lab.Subnetworks;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    const string SubnetworksFolder = "subnetworks", Json = ".json";

    // which of the main method's subnetworks of the main sparsity is written where none is named
    ChoiceFacts Choose() => choosing is null ? ChosenBy("inDomain", [.. data[Role.InDomain].Select(s => s.Name)], sets.InDomain.Count,
            [.. Evaluate().Subnetworks.Where(s => s.TargetSparsity == request.Sparsities[0]).Select(LossIn)])
        : folder.Stage("choice", () =>
            ChosenBy("choosing", [.. data[Role.Choosing].Select(s => s.Name)], choosing.Examples, [.. Losses()]));

    ChoiceFacts ChosenBy(string by, IReadOnlyList<string> on, int examples, IReadOnlyList<ChoiceLoss> losses) =>
        new(losses.MinBy(l => l.Loss)!.Subnetwork, by, request.Sparsities[0], on, examples, losses);

    IEnumerable<ChoiceLoss> Losses()
    {
        Subnetwork[] main = [.. FoundBy(MainMethod).Where(s => s.TargetSparsity == request.Sparsities[0])];
        MaskMeasuring measuring = new(Model, choosing!, choosing!.Scores(Model, stop), OwnAblation(), stop, Costs());
        Action<int> advance = Advance("choosing a subnetwork", main.Length, "subnetworks");
        foreach (Subnetwork subnetwork in main)
        {
            yield return LossIn(measuring.Measure(subnetwork));
            advance(1);
        }
    }

    ChoiceLoss LossIn(MeasuredSubnetwork s) => new(
        MainMethod.NameAt(s.TargetSparsity, MainMethod.Finder.Facts.Seeded ? s.Seed : null),
        s.Measured.InDomainLoss ?? 1 - s.Measured.InDomain.Value);

    /// <summary>
    /// Cuts out one of the run's subnetworks by its name, in place of the one that was cut before: the folders, the facts and, where the
    /// run is finished, its <c>result.json</c>, whose page is then to be drawn again.
    /// </summary>
    /// <param name="name">the name of its file in the run's folder <c>subnetworks</c>, with or without .json</param>
    /// <exception cref="ArgumentException">the run has no such subnetwork; the message names the nearest</exception>
    /// <exception cref="NotSupportedException">it is no smaller model; nothing has changed then</exception>
    public CutFacts CutNamed(string name)
    {
        RequireInDomain();
        string known = NameOf(name);
        Subnetwork chosen = Named(known);
        if (Cutting.WhyNot(Model, chosen.Kept, OwnAblation()) is { } why) throw new NotSupportedException(why);
        CutFacts cut = CutInto(chosen, new(known, "name", chosen.TargetSparsity, [], 0, []));
        IQuestion question = request.Tenants.Questions.FirstOrDefault(q => q.FactsType == typeof(CutFacts))
            ?? throw new InvalidOperationException("The study's questions do not cut.");
        folder.Restage(question.Name, new Kept<CutFacts>(question.Version, null, cut));
        // what was healed is another cut's from now on
        File.Delete(folder.PathOf($"stages/{Healing.Asked}.json"));
        if (folder.Finished) Replace(Subject.AskEach(question.Name), Healing.Asked);
        return cut;
    }

    /// <summary>The file of one of the run's subnetworks.</summary>
    /// <inheritdoc cref="CutNamed"/>
    public string FileOfNamed(string name) => folder.PathOf($"{SubnetworksFolder}/{NameOf(name)}{Json}");

    string NameOf(string name)
    {
        string own = folder.PathOf(SubnetworksFolder);
        string[] known = !Directory.Exists(own) ? []
            : [.. Directory.GetFiles(own, $"*{Json}").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];
        string plain = name.EndsWith(Json, StringComparison.OrdinalIgnoreCase) ? name[..^Json.Length] : name;
        if (known.Contains(plain)) return plain;
        if (known.Length == 0) throw new ArgumentException($"{own} holds no subnetwork yet. Find some first: run the command again that "
            + "began the run.");
        string elsewhere = name.Contains(Path.DirectorySeparatorChar) && File.Exists(name)
            ? " A file from anywhere is cut by --mask FILE --out FOLDER." : "";
        throw new ArgumentException($"There is no subnetwork '{name}' in {own}.{Nearest.DidYouMean(plain, known)}{elsewhere} "
            + $"There are {known.Length}: {string.Join(", ", known.Take(12))}{(known.Length > 12 ? ", …" : "")}.");
    }

    Subnetwork Named(string name)
    {
        string file = folder.PathOf($"{SubnetworksFolder}/{name}{Json}");
        return Subnetwork.FromJson(File.ReadAllText(file), file);
    }

    // other answers in the place of those of the same questions, and none of one that is dropped, in the result that is kept
    Result Replace(IReadOnlyList<Answer> answers, string? dropped = null)
    {
        Result before = Kept();
        Answer? Now(IQuestion question) => answers.Concat(before.Answers).FirstOrDefault(answer => answer.Question.Name == question.Name);
        Result result = before with
        {
            Answers = [.. request.Tenants.Questions.Where(question => question.Name != dropped).Select(Now).OfType<Answer>()],
        };
        folder.WriteText("result.json", ResultJson.Write(result));
        return result;
    }
}
