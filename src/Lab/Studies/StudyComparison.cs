using Heartwood.Lab.Questions;
using Heartwood.Lab.Tasks;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    Subject? subject;

    /// <summary>What questions are asked of.</summary>
    internal Subject Subject => subject ??= new(folder, progress, stop)
    {
        Loaded = loaded,
        Sets = sets,
        Settings = request.Settings() with { Seeded = MainMethod.Finder.Facts.Seeded },
        Questions = request.Tenants.Questions,
        Universe = universe,
        Data = data[Role.Train],
        Find = FindMain,
        Searched = () => Found,
        MakeAblation = Absent,
        Cut = how.IsConstant ? CutOut : null,
        Finders = CompareFinders,
    };

    /// <summary>Compares the subnetworks with one another and with chance, and ablates in the full model what they share.</summary>
    /// <returns>the answers, in the order of the page</returns>
    public Result Compare() => Ask("accuracy", "losses", "frequencies", "overlap", "core", "parts");

    /// <summary>Asks some questions by their names.</summary>
    /// <param name="names">the names</param>
    public Result Ask(params IReadOnlyList<string> names)
    {
        RequireInDomain();
        return new(folder.Manifest, Subject.AskEach(names));
    }

    /// <summary>Asks all questions that the request asks, writes their facts as <c>result.json</c>, and marks the run finished.</summary>
    public Result Report()
    {
        RequireInDomain();
        if (!folder.Finished)
        {
            Result result = new(folder.Manifest, Subject.AskAll());
            foreach (DataSource source in data.ToMeasure.Sources) source.RefuseChanged();
            folder.Finish(() => folder.WriteText("result.json", ResultJson.Write(result)));
        }
        return ResultJson.Read(File.ReadAllText(folder.PathOf("result.json")), request.Tenants.Questions);
    }
}
