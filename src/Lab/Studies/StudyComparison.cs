using Heartwood.Lab.Questions;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors.Backends;

namespace Heartwood.Lab.Studies;

public sealed partial class Study
{
    Subject? subject;

    /// <summary>What questions are asked of.</summary>
    internal Subject Subject => subject ??= new(folder, progress, stop)
    {
        Loaded = loaded,
        Sets = sets,
        Settings = request.Settings(),
        Questions = tenants.Questions,
        Universe = universe,
        Data = data,
        Find = Find,
        Searched = () => Found,
        Ablation = Absent,
        Cut = CutOut,
    };

    /// <summary>Compares the subnetworks with one another and with chance, and ablates in the full model what they share.</summary>
    /// <returns>the answers, in the order of the page</returns>
    public Result Compare() => Ask("accuracy", "losses", "frequencies", "overlap", "core", "parts");

    /// <summary>Asks some questions by their names.</summary>
    /// <param name="names">the names</param>
    public Result Ask(params IReadOnlyList<string> names)
    {
        RequireInDomain();
        using IDisposable precision = Machine.At(request.Precision);
        return new(folder.Manifest, Subject.AskEach(names));
    }

    /// <summary>Asks all questions that the request asks, writes their facts as <c>result.json</c>, and marks the run finished.</summary>
    public Result Report()
    {
        RequireInDomain();
        using IDisposable precision = Machine.At(request.Precision);
        Result result = new(folder.Manifest, Subject.AskAll());
        foreach (DataSource source in inDomain.Concat(outOfDomain).Concat(unseen)) source.RefuseChanged();
        folder.WriteText("result.json", ResultJson.Write(result));
        folder.Finish();
        return result;
    }
}
